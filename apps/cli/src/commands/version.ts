import { defineCommand } from '../command/command.ts';
import { textFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { renderJson } from '../output/json.ts';
import { goArchitecture } from './version/go-architecture.ts';
import { readVersion } from './version/read-version.ts';

export const versionCommand = defineCommand({
  path: ['version'],
  summary: 'Print the version',
  usage: '',
  operands: { min: 0, max: 0 },
  description: "Templates know the fields of docker's `Client`: there is no daemon behind it, so `Server` is empty.",
  examples: ['slipway version', 'slipway version --format json', "slipway version --format '{{.Client.Version}}'"],
  flags: {
    format: textFlag('text, json with the versions of what Slipway runs on, or a Go template', { short: 'f' }),
  },
  async run(context, { flags: { format = 'text' } }) {
    const version = await readVersion(context.checkout);
    context.stdout.write(await renderVersion(version, format));
    return EXIT.success;
  },
});

async function renderVersion(version: string, format: string): Promise<string> {
  if (format === 'text') return `Slipway ${version}\n`;
  const { node } = process.versions;
  const Client = clientOf(version);
  if (format === 'json') return renderJson({ version, node, os: process.platform, architecture: process.arch, Client, Server: null });
  const { parseTemplate } = await import('../output/format/template.ts');
  return `${parseTemplate(format).execute({ Client, Server: undefined })}\n`;
}

/** Docker's fields, those of Go left out. */
function clientOf(version: string) {
  return {
    Platform: { Name: 'Slipway' },
    Version: version,
    NodeVersion: process.versions.node,
    Os: process.platform,
    Arch: goArchitecture(process.arch),
    Context: 'default',
  };
}
