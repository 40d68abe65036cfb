import { expect, test } from 'vitest';
import type { LogLevel } from '../config/values.ts';
import { createServerLogger } from './logger.ts';

function collect(level: LogLevel) {
  const lines: string[] = [];
  let flushes = 0;
  const logger = createServerLogger({
    level,
    destination: { write: (line: string) => void lines.push(line), flush: async () => void (flushes += 1) },
  });
  return { logger, lines, flushed: () => flushes };
}

test('createServerLogger() writes one JSON object a line', () => {
  const { logger, lines } = collect('debug');
  logger.debug('one', { a: 1 });
  logger.info('two\nlines');
  logger.warn('three');
  logger.error('four', { error: 'why' });
  logger.access({ requestId: 'x-1', status: 200, account: undefined });
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 'debug', time: expect.stringMatching(/^\d{4}-.*Z$/), a: 1, msg: 'one' },
    { level: 'info', time: expect.any(String), msg: 'two\nlines' },
    { level: 'warn', time: expect.any(String), msg: 'three' },
    { level: 'error', time: expect.any(String), error: 'why', msg: 'four' },
    { level: 'info', time: expect.any(String), requestId: 'x-1', status: 200, msg: 'request' },
  ]);
});

test('createServerLogger() leaves out what is below its level, the access log included', () => {
  const { logger, lines } = collect('warn');
  logger.debug('no');
  logger.info('no');
  logger.access({ status: 200 });
  logger.warn('yes');
  logger.error('yes');
  expect(lines).toHaveLength(2);
});

test('flush() writes what waits, and asks nothing of destinations that hold nothing back', async () => {
  const { logger, flushed } = collect('info');
  await logger.flush();
  expect(flushed()).toBe(1);
  await createServerLogger({ level: 'info', destination: { write: () => undefined } }).flush();
});
