import { isAppError } from '@slipway/base';
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  effectiveArtifactType,
  hexOf,
  isIndexType,
  MEDIA_TYPES,
  parseDescriptor,
  parseManifest,
  parseTagName,
  type TagName,
} from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { clientError } from '../errors.ts';
import { type CallOptions, type ManifestContent, pushManifest, readManifest } from './manifests.ts';
import { walkPages } from './pages.ts';
import { type Remote, sendTo } from './remote.ts';

export interface ListReferrersOptions extends CallOptions {
  readonly artifactType?: string;
}

/**
 * The manifests whose subject is `digest` (distribution-spec "Listing Referrers"), asked from the API, or read from the referrers tag where
 * a registry has no API. An unknown digest has none. Errors: DENIED.
 */
export async function listReferrers(remote: Remote, digest: Digest, options: ListReferrersOptions = {}): Promise<Descriptor[]> {
  const { artifactType, ...call } = options;
  const found = (await listByApi(remote, digest, options)) ?? (await listByTag(remote, digest, call));
  return artifactType === undefined ? found : found.filter((descriptor) => descriptor.artifactType === artifactType);
}

async function listByApi(remote: Remote, digest: Digest, options: ListReferrersOptions): Promise<Descriptor[] | undefined> {
  const { artifactType, ...call } = options;
  const doing = `Cannot list the referrers of ${digest} in "${remote.label}"`;
  const filter = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const send = async (path: string) =>
    await sendTo(remote, { method: 'GET', path, access: 'pull', doing, headers: { accept: MEDIA_TYPES.ociIndex }, ...call });
  const found: Descriptor[] = [];
  try {
    for await (const page of walkPages(remote.host, { path: `referrers/${digest}${filter}`, doing, send, ...call })) {
      const list: unknown = typeof page === 'object' && page !== null ? Reflect.get(page, 'manifests') : undefined;
      if (!Array.isArray(list)) return undefined;
      found.push(...list.map((item: unknown, index) => parseDescriptor(item, `manifests[${index}]`)));
    }
    return found;
  } catch (error) {
    // Registries without the API answer 404 or 405, some 400, and some with a web page.
    if (isAppError(error) && ['NAME_UNKNOWN', 'UNSUPPORTED', 'REQUEST_REFUSED', 'ANSWER_INVALID'].includes(error.code)) return undefined;
    throw error;
  }
}

async function listByTag(remote: Remote, digest: Digest, call: CallOptions): Promise<Descriptor[]> {
  try {
    const { bytes, mediaType } = await readManifest(remote, referrersTagOf(digest), call);
    const index = isIndexType(mediaType) ? parseManifest(bytes, mediaType) : undefined;
    return index?.kind === 'index' ? [...index.manifests] : [];
  } catch (error) {
    if (isAppError(error, 'MANIFEST_UNKNOWN') || isAppError(error, 'NAME_UNKNOWN')) return [];
    throw error;
  }
}

/** `sha256-<hex>`, cut as distribution-spec "Referrers Tag Schema" says. */
export function referrersTagOf(digest: Digest): TagName {
  return parseTagName(`${algorithmOf(digest).slice(0, 32)}-${hexOf(digest).slice(0, 64)}`);
}

/**
 * Enters a pushed manifest in the referrers tag of its subject, where the registry took no note itself. Two clients that do so at once can
 * lose an entry: the specification has no better way.
 */
export async function addToReferrersTag(remote: Remote, manifest: ManifestContent, call: CallOptions = {}): Promise<void> {
  const parsed = parseManifest(manifest.bytes, manifest.mediaType);
  if (parsed.subject === undefined) throw clientError('REQUEST_REFUSED', `Cannot add ${manifest.digest} as a referrer: it has no subject`);
  const present = await listByTag(remote, parsed.subject.digest, call);
  if (present.some(({ digest }) => digest === manifest.digest)) return;
  const artifactType = effectiveArtifactType(parsed);
  const entry: Descriptor = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed.annotations === undefined ? {} : { annotations: parsed.annotations }),
  };
  const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [...present, entry] };
  const bytes = Buffer.from(JSON.stringify(document));
  const index: ManifestContent = { bytes, mediaType: MEDIA_TYPES.ociIndex, digest: digestBytes(bytes) };
  await pushManifest(remote, index, { ...call, tags: [referrersTagOf(parsed.subject.digest)] });
}
