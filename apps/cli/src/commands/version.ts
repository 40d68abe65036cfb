import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/base';
import { defineCommand } from '../command/command.ts';
import { choiceFlag } from '../command/flag.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { renderJson } from '../output/json.ts';

export const versionCommand = defineCommand({
  path: ['version'],
  summary: 'Print the version',
  usage: '',
  operands: { min: 0, max: 0 },
  examples: ['slipway version', 'slipway version --format json'],
  flags: { format: choiceFlag('text, or json with the versions of what Slipway runs on', ['text', 'json']) },
  async run(context, { flags }) {
    const version = await readVersion(context.checkout);
    const { node } = process.versions;
    const system = { os: process.platform, architecture: process.arch };
    context.stdout.write(flags.format === 'json' ? renderJson({ version, node, ...system }) : `Slipway ${version}\n`);
    return EXIT.success;
  },
});

async function readVersion(checkout: string): Promise<string> {
  const file = join(checkout, 'package.json');
  try {
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version?: unknown };
    if (typeof version === 'string') return version;
  } catch (error) {
    throw cliError('CHECKOUT_INCOMPLETE', `Cannot read the version from "${file}": ${messageOf(error)}`, { cause: error });
  }
  throw cliError('CHECKOUT_INCOMPLETE', `Cannot read the version from "${file}": it has none`);
}
