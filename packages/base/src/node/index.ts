export { syncFolder, type WriteDurablyOptions, writeDurably } from './durable-files.ts';
export { systemClock } from './system-clock.ts';
