import { userInfo } from 'node:os';
import { defineCommand } from '../command/command.ts';
import { choiceFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { renderJson } from '../output/json.ts';
import { renderTable } from '../output/table.ts';
import { slipwayHome } from '../slipway-home.ts';
import type { Check, Finding } from './doctor/check.ts';
import { CHECKS } from './doctor/checks.ts';
import { createMachine } from './doctor/machine.ts';

export const doctorCommand = defineCommand({
  path: ['doctor'],
  summary: 'Say what this machine can do, and how to get what is missing',
  usage: '',
  operands: { min: 0, max: 0 },
  description: 'Exits with 1 when something is missing that pull, push and images need.',
  examples: ['slipway doctor', 'slipway doctor --format json'],
  flags: { format: choiceFlag('table, or json', ['table', 'json']) },
  async run(context, { flags }) {
    const machine = createMachine({
      searchPath: context.environment['PATH'] ?? '',
      home: slipwayHome(context),
      isRoot: process.getuid?.() === 0,
      userName: userName(),
      signal: context.signal,
    });
    const results: CheckResult[] = [];
    for (const check of CHECKS) {
      const isNeeded = check.need === 'always' || (check.need === 'without-root' && !machine.isRoot);
      results.push({ check, isNeeded, finding: await check.look(machine) });
    }
    context.stdout.write(flags.format === 'json' ? renderJson(results.map(toDocument)) : renderResults(results));
    return results.some(({ isNeeded, finding }) => isNeeded && !finding.isThere) ? EXIT.failure : EXIT.success;
  },
});

/** A user without an entry in /etc/passwd goes by the number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // ENOENT: there is no entry.
    return String(process.getuid?.() ?? '');
  }
}

interface CheckResult {
  readonly check: Check;
  readonly isNeeded: boolean;
  readonly finding: Finding;
}

function toDocument({ check, isNeeded, finding }: CheckResult) {
  const { name, purpose } = check;
  const { detail } = finding;
  return { name, status: statusOf(finding), purpose, needed: isNeeded, detail, ...(finding.isThere ? {} : { cure: finding.cure }) };
}

function renderResults(results: readonly CheckResult[]): string {
  const rows = results.map(({ check, finding }) => [check.name, statusOf(finding), check.purpose, describe(finding)]);
  return renderTable(['CHECK', 'STATUS', 'FOR', 'DETAILS'], rows);
}

function statusOf({ isThere }: Finding): 'ok' | 'missing' {
  return isThere ? 'ok' : 'missing';
}

function describe(finding: Finding): string {
  return finding.isThere ? finding.detail : `${finding.detail}: ${finding.cure}`;
}
