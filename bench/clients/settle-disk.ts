import { setTimeout as delay } from 'node:timers/promises';
import { checkProgram } from '../../e2e/peers/program.ts';

/** Nobody shall pay for what the one before left to be written. */
export async function settleDisk(): Promise<void> {
  await checkProgram('sync', []);
  await delay(300);
}
