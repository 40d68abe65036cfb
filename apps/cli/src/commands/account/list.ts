import type { AccountBody } from '@slipway/hub/api';
import { SERVER_LOGIN_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { choiceFlag, switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { renderJsonLines } from '../../output/json.ts';
import { toPrintableLine } from '../../output/printable.ts';
import { renderTable } from '../../output/table.ts';
import { formatAge } from '../../output/time.ts';

export const accountListCommand = defineCommand({
  path: ['account', 'list'],
  summary: 'List accounts',
  usage: '',
  operands: { min: 0, max: 0 },
  examples: ['slipway account list', 'slipway account list --format json'],
  flags: {
    format: choiceFlag('table, or json with one account a line', ['table', 'json']),
    quiet: switchFlag('Only names', { short: 'q' }),
    ...SERVER_LOGIN_FLAGS,
  },
  async run(context, { flags }) {
    const { accounts } = await (await context.openApi(flags)).call('listAccounts');
    context.stdout.write(render(accounts, { ...flags, nowMs: context.clock.now() }));
    return EXIT.success;
  },
});

interface RenderOptions {
  readonly format: 'table' | 'json';
  readonly quiet: boolean;
  readonly nowMs: number;
}

function render(accounts: readonly AccountBody[], { format, quiet, nowMs }: RenderOptions): string {
  if (quiet) return accounts.map(({ name }) => `${toPrintableLine(name)}\n`).join('');
  if (format === 'json') return renderJsonLines(accounts);
  const rows = accounts.map((account) => [account.name, roleOf(account), formatAge(account.createdAt, nowMs)]);
  return renderTable(['NAME', 'ROLE', 'CREATED'], rows);
}

function roleOf({ administrator, disabled }: AccountBody): string {
  return `${administrator ? 'administrator' : 'member'}${disabled ? ' (disabled)' : ''}`;
}
