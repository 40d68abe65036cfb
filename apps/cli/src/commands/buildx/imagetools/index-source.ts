import { type Descriptor, type Digest, isDigest, parseDescriptor, parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { cliError } from '../../../errors.ts';
import { wholeName } from '../../../registry/image-name.ts';

/** One SOURCE of `imagetools create`. Without a reference it is in the one repository that the command names. */
export interface CreateSource {
  /** As it was given. */
  readonly text: string;
  readonly reference?: Reference;
  readonly digest?: Digest;
  readonly described?: Pick<Descriptor, 'platform' | 'annotations'>;
}

/** Reads `NAME[:TAG|@DIGEST]`, `DIGEST`, or a descriptor in JSON. Errors: REFERENCE_INVALID, DESCRIPTOR_INVALID, USAGE. */
export function parseCreateSource(text: string): CreateSource {
  const trimmed = text.trim();
  if (isDigest(trimmed)) return { text: trimmed, digest: trimmed };
  if (!trimmed.startsWith('{')) return { text: trimmed, reference: withDefaultTag(parseReference(trimmed)) };
  const { digest, platform, annotations } = readDescriptor(trimmed);
  const described = { ...(platform === undefined ? {} : { platform }), ...(annotations === undefined ? {} : { annotations }) };
  return { text: digest, digest, ...(Object.keys(described).length === 0 ? {} : { described }) };
}

/** Gives sources without a repository the only one that targets and other sources name. Throws USAGE in buildx' words. */
export function locateSources(
  sources: readonly CreateSource[],
  targets: readonly Reference[],
): (CreateSource & { reference: Reference })[] {
  const named = [...targets, ...sources.flatMap(({ reference }) => reference ?? [])];
  const repositories = new Map(named.map((reference) => [wholeName(reference), reference]));
  const [only] = repositories.values();
  if (only === undefined) throw cliError('USAGE', 'no repositories specified, please set a reference in tag or source');
  return sources.map((source) => {
    if (source.reference !== undefined) return { ...source, reference: source.reference };
    if (repositories.size > 1) throw cliError('USAGE', `multiple repositories specified, cannot infer repository for "${source.text}"`);
    const { registry, repository } = only;
    return { ...source, reference: { registry, repository, ...(source.digest === undefined ? {} : { digest: source.digest }) } };
  });
}

function readDescriptor(text: string): Descriptor {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw cliError('USAGE', 'Cannot read a source: it starts like a descriptor, but is not JSON', { cause: error });
  }
  return parseDescriptor(document, 'source');
}
