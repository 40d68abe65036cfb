import { expect, test } from 'vitest';
import { ChangeLedger, type Held, type ObjectKey } from './change-ledger.ts';

const tag: ObjectKey = { kind: 'tag', repository: 'a/b', name: 'latest' };

function begin(ledger: ChangeLedger, held: Held) {
  return ledger.begin(`hold ${held ?? 'nothing'}`, [{ key: tag, held }]);
}

test('possible() holds nothing before the first operation', () => {
  expect(new ChangeLedger().possible(tag)).toEqual(new Set([undefined]));
});

test('possible() forgets what an acknowledged operation came after', () => {
  const ledger = new ChangeLedger();
  ledger.acknowledge(begin(ledger, 'one'));
  ledger.acknowledge(begin(ledger, undefined));
  ledger.acknowledge(begin(ledger, 'two'));
  expect(ledger.possible(tag)).toEqual(new Set(['two']));
});

test('possible() keeps both of two operations that overlapped', () => {
  const ledger = new ChangeLedger();
  const one = begin(ledger, 'one');
  const two = begin(ledger, 'two');
  ledger.acknowledge(one);
  ledger.acknowledge(two);
  expect(ledger.possible(tag)).toEqual(new Set(['one', 'two']));
});

test('possible() counts an operation without an end until the server shows what it holds', () => {
  const ledger = new ChangeLedger();
  ledger.lose(begin(ledger, 'one'));
  ledger.acknowledge(begin(ledger, 'two'));
  expect(ledger.possible(tag)).toEqual(new Set(['one', 'two']));
  ledger.settle(tag, 'two');
  expect(ledger.possible(tag)).toEqual(new Set(['two']));
});

test('refuse() leaves no trace but in the story', () => {
  const ledger = new ChangeLedger();
  ledger.acknowledge(begin(ledger, 'one'));
  ledger.refuse(begin(ledger, 'two'), '400');
  expect(ledger.possible(tag)).toEqual(new Set(['one']));
  expect(ledger.story(tag)).toContain('refused hold two: 400');
});

test('doubt() lasts until the next acknowledged push', () => {
  const ledger = new ChangeLedger();
  ledger.acknowledge(begin(ledger, 'one'));
  ledger.doubt(tag);
  expect(ledger.isCertain(tag)).toBe(false);
  ledger.acknowledge(begin(ledger, 'one'));
  expect(ledger.isCertain(tag)).toBe(true);
});
