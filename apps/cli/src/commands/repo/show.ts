import type { RepositoryBody } from '@slipway/hub/api';
import { parseRepositoryName } from '@slipway/oci';
import { SERVER_LOGIN_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { choiceFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { renderJson } from '../../output/json.ts';
import { renderFields } from '../../output/table.ts';
import { formatAge } from '../../output/time.ts';

export const repoShowCommand = defineCommand({
  path: ['repo', 'show'],
  summary: 'Show one repository',
  usage: 'NAME',
  operands: { min: 1, max: 1 },
  examples: ['slipway repo show ann/app', 'slipway repo show ann/app --format json'],
  flags: { format: choiceFlag('text or json', ['text', 'json']), ...SERVER_LOGIN_FLAGS },
  async run(context, { flags, operands: [text = ''] }) {
    const name = parseRepositoryName(text);
    const repository = await (await context.openApi(flags)).call('getRepository', { name });
    context.stdout.write(flags.format === 'json' ? renderJson(repository) : renderRepository(repository, context.clock.now()));
    return EXIT.success;
  },
});

function renderRepository({ name, owner, visibility, createdAt, lastPushedAt, pushCount }: RepositoryBody, nowMs: number): string {
  const moment = (at: string | null): string => (at === null ? 'never' : `${at} (${formatAge(at, nowMs)})`);
  return renderFields([
    ['Name', name],
    ['Owner', owner],
    ['Visibility', visibility],
    ['Created', moment(createdAt)],
    ['Last pushed', moment(lastPushedAt)],
    ['Pushes', String(pushCount)],
  ]);
}
