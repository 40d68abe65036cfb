import { describe, expect, test } from 'vitest';
import { addTestCounts, formatTestCounts, parseTestCounts } from './test-counts.ts';

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
    { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
    { status: 'failed', assertionResults: [] },
  ],
};

describe('test counts', () => {
  test('parseTestCounts() counts a file that did not load as a failure', () => {
    expect(parseTestCounts(JSON.stringify(report))).toEqual({ passed: 3, failed: 2, skipped: 2 });
  });

  test('formatTestCounts() prints the sum in one line', () => {
    const sum = addTestCounts({ passed: 1, failed: 0, skipped: 2 }, { passed: 2, failed: 1, skipped: 0 });
    expect(formatTestCounts(sum)).toBe('Tests: 3 passed, 1 failed, 2 skipped');
  });
});
