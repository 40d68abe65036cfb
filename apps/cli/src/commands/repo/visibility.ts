import { parseRepositoryName } from '@slipway/oci';
import { SERVER_LOGIN_FLAGS } from '../../api/server-flags.ts';
import { defineCommand } from '../../command/command.ts';
import { suggest } from '../../command/suggest.ts';
import { cliError } from '../../errors.ts';
import { EXIT } from '../../exit-code.ts';
import { toPrintableLine } from '../../output/printable.ts';

const VISIBILITIES = ['public', 'private'];

export const repoVisibilityCommand = defineCommand({
  path: ['repo', 'visibility'],
  summary: 'Make a repository public or private',
  usage: 'NAME public|private',
  operands: { min: 2, max: 2 },
  description: 'Everyone may pull from a public repository, without login too.',
  examples: ['slipway repo visibility ann/app public'],
  flags: SERVER_LOGIN_FLAGS,
  async run(context, { flags, operands: [text = '', visibility = ''] }) {
    const name = parseRepositoryName(text);
    if (!VISIBILITIES.includes(visibility)) {
      const near = suggest(visibility, VISIBILITIES);
      const hint = near === undefined ? 'Use public or private.' : `Did you mean ${near}?`;
      throw cliError('USAGE', `Cannot make "${name}" "${visibility}": a repository is public or private`, { hint });
    }
    const api = await context.openApi(flags);
    const repository = await api.call('changeRepository', { name, body: { visibility } });
    context.stdout.write(`Repository "${toPrintableLine(repository.name)}" is ${toPrintableLine(repository.visibility)}\n`);
    return EXIT.success;
  },
});
