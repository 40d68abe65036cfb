import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/base';
import { cliError } from '../../errors.ts';

/** The version of a checkout. Errors: CHECKOUT_INCOMPLETE. */
export async function readVersion(checkout: string): Promise<string> {
  const file = join(checkout, 'package.json');
  try {
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version?: unknown };
    if (typeof version === 'string') return version;
  } catch (error) {
    throw cliError('CHECKOUT_INCOMPLETE', `Cannot read the version from "${file}": ${messageOf(error)}`, { cause: error });
  }
  throw cliError('CHECKOUT_INCOMPLETE', `Cannot read the version from "${file}": it has none`);
}
