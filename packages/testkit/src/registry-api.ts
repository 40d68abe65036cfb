import { expectStatus } from './expect-status.ts';
import type { FixtureBlob, FixtureImage, FixtureIndex } from './fixture-image.ts';
import { blobsOf } from './oci-layout.ts';
import { pushBlob } from './push-blob.ts';
import { RegistryHttp, type RegistryHttpOptions, type RegistryResponse } from './registry-http.ts';

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** The distribution API as a test wants it: answers are returned whatever their status, only `push*` insist on success. */
export class RegistryApi extends RegistryHttp {
  ping(): Promise<RegistryResponse> {
    return this.send({ method: 'GET', path: '/v2/' });
  }

  getManifest(repository: string, reference: string, accept = MANIFEST_TYPES): Promise<RegistryResponse> {
    return this.send({ method: 'GET', path: `/v2/${repository}/manifests/${reference}`, headers: { accept } });
  }

  headManifest(repository: string, reference: string, accept = MANIFEST_TYPES): Promise<RegistryResponse> {
    return this.send({ method: 'HEAD', path: `/v2/${repository}/manifests/${reference}`, headers: { accept } });
  }

  putManifest(repository: string, reference: string, manifest: FixtureBlob): Promise<RegistryResponse> {
    const headers = { 'content-type': manifest.descriptor.mediaType };
    return this.send({ method: 'PUT', path: `/v2/${repository}/manifests/${reference}`, headers, body: manifest.bytes });
  }

  deleteManifest(repository: string, reference: string): Promise<RegistryResponse> {
    return this.send({ method: 'DELETE', path: `/v2/${repository}/manifests/${reference}` });
  }

  getBlob(repository: string, digest: string, range?: string): Promise<RegistryResponse> {
    return this.send({ method: 'GET', path: `/v2/${repository}/blobs/${digest}`, ...(range === undefined ? {} : { headers: { range } }) });
  }

  headBlob(repository: string, digest: string): Promise<RegistryResponse> {
    return this.send({ method: 'HEAD', path: `/v2/${repository}/blobs/${digest}` });
  }

  deleteBlob(repository: string, digest: string): Promise<RegistryResponse> {
    return this.send({ method: 'DELETE', path: `/v2/${repository}/blobs/${digest}` });
  }

  listReferrers(repository: string, digest: string, artifactType?: string): Promise<RegistryResponse> {
    const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
    return this.send({ method: 'GET', path: `/v2/${repository}/referrers/${digest}${query}` });
  }

  /** All tags, following the pages. Rejects with REQUEST_FAILED unless every page answers 200. */
  async listTags(repository: string, pageSize?: number): Promise<string[]> {
    const tags: string[] = [];
    let path: string | undefined = `/v2/${repository}/tags/list${pageSize === undefined ? '' : `?n=${pageSize}`}`;
    while (path !== undefined) {
      const response: RegistryResponse = expectStatus(await this.send({ method: 'GET', path }), 200, `list tags of ${repository}`);
      const page: { tags: string[] } = JSON.parse(response.body.toString());
      tags.push(...page.tags);
      path = /^<([^>]+)>/.exec(String(response.headers.link ?? ''))?.[1];
    }
    return tags;
  }

  /** Pushes an image or an index with all it refers to; the top manifest gets `reference`. Resolves to the top manifest's digest. */
  async pushImage(repository: string, reference: string, content: FixtureImage | FixtureIndex): Promise<string> {
    for (const blob of blobsOf(content)) {
      if (blob === content.manifest) continue;
      if (/manifest/.test(blob.descriptor.mediaType)) await this.pushManifest(repository, blob.descriptor.digest, blob);
      else await pushBlob(this, repository, blob);
    }
    return await this.pushManifest(repository, reference, content.manifest);
  }

  async pushManifest(repository: string, reference: string, manifest: FixtureBlob): Promise<string> {
    expectStatus(await this.putManifest(repository, reference, manifest), 201, `push ${repository}:${reference}`);
    return manifest.descriptor.digest;
  }
}

/** A client for one account; anonymous without a user name. */
export function createRegistryApi(options: RegistryHttpOptions): RegistryApi {
  return new RegistryApi(options);
}
