import { Readable } from 'node:stream';
import { expectStatus } from './expect-status.ts';
import type { FixtureBlob } from './fixture-image.ts';
import type { RegistryHttp, RegistryResponse } from './registry-http.ts';

/** The ways in which clients upload: POST then PUT (containerd), one POST, a stream without ranges (docker), chunks with ranges (oras). */
export type PushWay = 'put' | 'post' | 'stream' | 'chunks';

export interface PushBlobOptions {
  readonly way?: PushWay;
  readonly chunkBytes?: number;
}

/** Uploads the blob and checks each status of the exchange. Resolves to the final 201. */
export async function pushBlob(
  http: RegistryHttp,
  repository: string,
  blob: FixtureBlob,
  options: PushBlobOptions = {},
): Promise<RegistryResponse> {
  const way = options.way ?? 'put';
  const { digest } = blob.descriptor;
  if (way === 'post') return await pushInOnePost(http, repository, blob);
  let location = await startUpload(http, repository);
  if (way === 'put') return await finishUpload(http, location, digest, blob.bytes);
  if (way === 'stream') {
    const body = Readable.from([blob.bytes], { objectMode: false });
    const headers = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
    location = locationOf(http, expectStatus(await http.send({ method: 'PATCH', path: location, headers, body }), 202, 'stream an upload'));
    return await finishUpload(http, location, digest);
  }
  const chunkBytes = options.chunkBytes ?? Math.max(1, Math.ceil(blob.bytes.length / 3));
  for (let start = 0; start < blob.bytes.length; start += chunkBytes) {
    location = await sendChunk(http, location, start, blob.bytes.subarray(start, start + chunkBytes));
  }
  return await finishUpload(http, location, digest);
}

/** Begins an upload session; resolves to where it continues. */
export async function startUpload(http: RegistryHttp, repository: string): Promise<string> {
  const headers = { 'content-length': '0' };
  return locationOf(http, expectStatus(await http.send({ method: 'POST', path: uploadsOf(repository), headers }), 202, 'start an upload'));
}

/** Sends one chunk with its Content-Range; resolves to where the upload continues. */
export async function sendChunk(http: RegistryHttp, location: string, start: number, chunk: Uint8Array): Promise<string> {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(chunk.length),
    'content-range': `${start}-${start + chunk.length - 1}`,
  };
  return locationOf(
    http,
    expectStatus(await http.send({ method: 'PATCH', path: location, headers, body: chunk }), 202, `send bytes from ${start}`),
  );
}

/** Commits an upload under the digest, with `rest` as its last bytes. */
export async function finishUpload(http: RegistryHttp, location: string, digest: string, rest?: Uint8Array): Promise<RegistryResponse> {
  const url = new URL(location, http.origin);
  url.searchParams.set('digest', digest);
  const headers = { 'content-length': String(rest?.length ?? 0), 'content-type': 'application/octet-stream' };
  const request = { method: 'PUT', path: url.href, headers, ...(rest === undefined ? {} : { body: rest }) };
  return expectStatus(await http.send(request), 201, `commit ${digest}`);
}

/** Asks for a cross-repository mount; the answer is 201 when it was mounted, 202 with an upload session when not. */
export async function mountBlob(http: RegistryHttp, repository: string, digest: string, from?: string): Promise<RegistryResponse> {
  const query = `mount=${encodeURIComponent(digest)}${from === undefined ? '' : `&from=${encodeURIComponent(from)}`}`;
  const scopes = from === undefined ? [] : [`repository:${from}:pull`];
  return await http.send({ method: 'POST', path: `${uploadsOf(repository)}?${query}`, headers: { 'content-length': '0' }, scopes });
}

async function pushInOnePost(http: RegistryHttp, repository: string, blob: FixtureBlob): Promise<RegistryResponse> {
  const path = `${uploadsOf(repository)}?digest=${encodeURIComponent(blob.descriptor.digest)}`;
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.bytes.length) };
  return expectStatus(
    await http.send({ method: 'POST', path, headers, body: blob.bytes }),
    201,
    `push ${blob.descriptor.digest} in one request`,
  );
}

function uploadsOf(repository: string): string {
  return `/v2/${repository}/blobs/uploads/`;
}

function locationOf(http: RegistryHttp, response: RegistryResponse): string {
  return new URL(response.headers.location ?? '', http.origin).href;
}
