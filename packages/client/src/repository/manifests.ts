import { type AppError, isAppError } from '@slipway/base';
import { algorithmOf, type Descriptor, type Digest, isDigest, MEDIA_TYPES, type TagName } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody, readBody } from '../http/body.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { type Remote, type RemoteRequest, sendTo } from './remote.ts';

/** The exact bytes of a manifest or index. */
export interface ManifestContent {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export type ManifestName = TagName | Digest;

/** Everything this client can handle. The generic end makes registries send what they have, so that it can be named in a message. */
export const MANIFEST_ACCEPT = [
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.ociArtifactManifest,
  '*/*',
].join(', ');

/**
 * Asks with HEAD for type, digest and size; with GET where a registry answers HEAD badly (405, 404, headers missing).
 * Errors: MANIFEST_UNKNOWN, DENIED, DIGEST_MISMATCH.
 */
export async function resolveManifest(remote: Remote, name: ManifestName, options: CallOptions = {}): Promise<Descriptor> {
  const descriptor = await statManifest(remote, name, options);
  if (descriptor === undefined || (isDigest(name) && descriptor.digest !== name)) {
    const { bytes, mediaType, digest } = await readManifest(remote, name, options);
    return { mediaType, digest, size: bytes.length };
  }
  return descriptor;
}

/** As `resolveManifest`, but undefined where there is none. Registries that answer HEAD badly are asked no further. Errors: DENIED. */
export async function statManifest(remote: Remote, name: ManifestName, options: CallOptions = {}): Promise<Descriptor | undefined> {
  const response = await sendTo(remote, requestFor(remote, name, { method: 'HEAD', ...options }));
  await discardBody(response, remote.host.reading(options.signal));
  return response.status === 200 ? descriptorFrom(response) : undefined;
}

/** Whether a repository that is to be pushed to holds a manifest. Errors: DENIED. */
export async function hasManifest(remote: Remote, digest: Digest, options: CallOptions = {}): Promise<boolean> {
  const request: RemoteRequest = { ...requestFor(remote, digest, { method: 'HEAD', ...options }), access: 'push' };
  const response = await sendTo(remote, request);
  await discardBody(response, remote.host.reading(options.signal));
  return response.status === 200;
}

/** Errors: MANIFEST_UNKNOWN, DENIED, DIGEST_MISMATCH, MANIFEST_TOO_LARGE. */
export async function readManifest(remote: Remote, name: ManifestName, options: CallOptions = {}): Promise<ManifestContent> {
  const doing = `Cannot pull "${nameOf(remote, name)}"`;
  const reading = remote.host.reading(options.signal);
  const { maxManifestBytes } = remote.host.options.limits;
  const response = await sendTo(remote, requestFor(remote, name, { method: 'GET', ...options }));
  if (response.status !== 200)
    throw asDocker(await answerError(response, { doing, notFound: 'MANIFEST_UNKNOWN', ...reading }), remote, name);
  const bytes = await readBody(response, maxManifestBytes, reading);
  if (bytes === undefined) throw clientError('MANIFEST_TOO_LARGE', `${doing}: its manifest has more than ${maxManifestBytes} bytes`);
  const expected = isDigest(name) ? name : digestHeader(response);
  const digest = digestBytes(bytes, expected === undefined ? 'sha256' : algorithmOf(expected));
  if (expected !== undefined && digest !== expected) {
    throw clientError('DIGEST_MISMATCH', `${doing}: its manifest is ${digest}, but ${expected} was expected`);
  }
  return { bytes, mediaType: mediaTypeOf(response), digest };
}

export interface PushManifestOptions extends CallOptions {
  readonly tags?: readonly TagName[];
}

export interface PushedManifest {
  readonly digest: Digest;
  /** Whether the registry took note of the manifest's subject (`OCI-Subject`). */
  readonly isSubjectKnown: boolean;
}

/** Puts the exact bytes under their digest, or under each of the tags. Errors: DENIED, REQUEST_REFUSED, TOO_LARGE, DIGEST_MISMATCH. */
export async function pushManifest(remote: Remote, manifest: ManifestContent, options: PushManifestOptions = {}): Promise<PushedManifest> {
  const names: readonly ManifestName[] = options.tags === undefined || options.tags.length === 0 ? [manifest.digest] : options.tags;
  let isSubjectKnown = false;
  for (const name of names) {
    const doing = `Cannot push "${nameOf(remote, name)}"`;
    const response = await sendTo(remote, {
      method: 'PUT',
      path: `manifests/${name}`,
      access: 'push',
      doing,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      ...options,
    });
    const reading = remote.host.reading(options.signal);
    if (response.status !== 201 && response.status !== 200) throw await answerError(response, { doing, ...reading });
    await discardBody(response, reading);
    const stored = digestHeader(response);
    if (stored !== undefined && stored !== manifest.digest && algorithmOf(stored) === algorithmOf(manifest.digest)) {
      throw clientError('DIGEST_MISMATCH', `${doing}: the registry stored ${stored} instead of ${manifest.digest}`);
    }
    isSubjectKnown = response.headers['oci-subject'] !== undefined;
  }
  return { digest: manifest.digest, isSubjectKnown };
}

/** Deletes a manifest by its digest or a tag by its name. Errors: MANIFEST_UNKNOWN, DENIED, UNSUPPORTED. */
export async function deleteManifest(remote: Remote, name: ManifestName, options: CallOptions = {}): Promise<void> {
  const doing = `Cannot delete "${nameOf(remote, name)}"`;
  const response = await sendTo(remote, { method: 'DELETE', path: `manifests/${name}`, access: 'delete', doing, ...options });
  const reading = remote.host.reading(options.signal);
  if (response.status >= 300)
    throw asDocker(await answerError(response, { doing, notFound: 'MANIFEST_UNKNOWN', ...reading }), remote, name);
  await discardBody(response, reading);
}

function requestFor(remote: Remote, name: ManifestName, rest: Pick<RemoteRequest, 'method' | 'signal'>): RemoteRequest {
  const doing = `Cannot pull "${nameOf(remote, name)}"`;
  return { ...rest, path: `manifests/${name}`, access: 'pull', doing, headers: { accept: MANIFEST_ACCEPT } };
}

/** HEAD answers are only believed when they are complete. */
function descriptorFrom(response: HttpResponse): Descriptor | undefined {
  const digest = digestHeader(response);
  const size = Number(response.headers['content-length'] ?? '');
  const mediaType = mediaTypeOf(response);
  return digest === undefined || mediaType === '' || !Number.isSafeInteger(size) || size <= 0 ? undefined : { mediaType, digest, size };
}

function digestHeader(response: HttpResponse): Digest | undefined {
  const value = response.headers['docker-content-digest'];
  return typeof value === 'string' && isDigest(value) ? value : undefined;
}

function mediaTypeOf(response: HttpResponse): string {
  return (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

/** `nginx:1.27` or `nginx@sha256:…`. */
export function nameOf(remote: Remote, name: ManifestName): string {
  return `${remote.label}${isDigest(name) ? '@' : ':'}${name}`;
}

function asDocker(error: AppError, remote: Remote, name: ManifestName): AppError {
  if (!isAppError(error, 'MANIFEST_UNKNOWN')) return error;
  const message = `manifest for ${nameOf(remote, name)} not found: manifest unknown: manifest unknown`;
  return clientError('MANIFEST_UNKNOWN', message, { details: error.details, cause: error });
}
