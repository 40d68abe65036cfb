import type { RepositoryBody } from '@slipway/hub/api';
import type { ApiClient } from '../../api/api-client.ts';
import { SERVER_LOGIN_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { choiceFlag, switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { renderJsonLines } from '../../output/json.ts';
import { toPrintableLine } from '../../output/printable.ts';
import { renderTable } from '../../output/table.ts';
import { formatAge } from '../../output/time.ts';

const PAGE = 1000;

export const repoListCommand = defineCommand({
  path: ['repo', 'list'],
  summary: 'List repositories',
  usage: '',
  operands: { min: 0, max: 0 },
  examples: ['slipway repo list', 'slipway repo list -q', 'slipway repo list --format json'],
  flags: {
    format: choiceFlag('table, or json with one repository a line', ['table', 'json']),
    quiet: switchFlag('Only names', { short: 'q' }),
    ...SERVER_LOGIN_FLAGS,
  },
  async run(context, { flags }) {
    const api = await context.openApi(flags);
    const forTable: RepositoryBody[] = [];
    for await (const repositories of walkRepositories(api)) {
      if (flags.quiet) context.stdout.write(repositories.map(({ name }) => `${toPrintableLine(name)}\n`).join(''));
      else if (flags.format === 'json') context.stdout.write(renderJsonLines(repositories));
      else forTable.push(...repositories);
    }
    if (flags.format === 'table' && !flags.quiet) context.stdout.write(renderRepositories(forTable, context.clock.now()));
    return EXIT.success;
  },
});

/** Page by page. */
async function* walkRepositories(api: ApiClient): AsyncGenerator<readonly RepositoryBody[]> {
  for (let last: string | null | undefined; last !== null; ) {
    const query: Record<string, string | number> = last === undefined ? { n: PAGE } : { n: PAGE, last };
    const page = await api.call('listRepositories', { query });
    yield page.repositories;
    // A server that repeats itself must not keep us here forever.
    last = page.next === last ? null : page.next;
  }
}

function renderRepositories(repositories: readonly RepositoryBody[], nowMs: number): string {
  const rows = repositories.map(({ name, owner, visibility, pushCount, lastPushedAt }) => [
    name,
    visibility,
    owner,
    String(pushCount),
    formatAge(lastPushedAt, nowMs),
  ]);
  return renderTable(['REPOSITORY', 'VISIBILITY', 'OWNER', 'PUSHES', 'LAST PUSHED'], rows);
}
