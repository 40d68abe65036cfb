import { resolve } from 'node:path';
import { parseReference, type Reference } from '@slipway/oci';
import { cliError } from '../errors.ts';

/** One end of `copy`. */
export type CopyPlace =
  | { readonly kind: 'registry'; readonly reference: Reference }
  /** A folder in the OCI image layout; `name` is what its index.json knows an image by. */
  | { readonly kind: 'layout'; readonly folder: string; readonly name: string | undefined };

const LAYOUT = /^oci:(?<folder>[^:]+)(?::(?<name>.+))?$/;
const OTHER_TRANSPORT = /^(?:docker|dir|docker-archive|oci-archive|containers-storage|docker-daemon):/;

/** Reads `NAME[:TAG|@DIGEST]`, with `docker://` before it or not, or `oci:FOLDER[:TAG]`. Errors: REFERENCE_INVALID, USAGE. */
export function parseCopyPlace(text: string, cwd: string): CopyPlace {
  const { folder, name } = LAYOUT.exec(text)?.groups ?? {};
  if (folder !== undefined) return { kind: 'layout', folder: resolve(cwd, folder), name };
  const reference = text.replace(/^docker:\/\//, '');
  if (!OTHER_TRANSPORT.test(reference)) return { kind: 'registry', reference: parseReference(reference) };
  throw cliError('USAGE', `Cannot copy "${text}": only registries and oci: folders can be copied`, {
    hint: 'Archives go through `slipway load` and `slipway save`.',
  });
}
