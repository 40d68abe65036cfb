import { pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blob, codesOf, digestOf, EMPTY_JSON, imageOf, indexOf, pushImage, TYPES } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
}

let test: TestRegistry;
let repository: string;
let repositories = 0;

beforeAll(async () => {
  test = await openTestRegistry();
});

beforeEach(async () => {
  repositories += 1;
  repository = `team/referrers-${repositories}`;
  await pushBlob(test.api, repository, EMPTY_JSON);
});

afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

async function read(digest: string, query = '', name = repository) {
  const response = await test.api.send({ method: 'GET', path: `/v2/${name}/referrers/${digest}${query}` });
  expect(response.status).toBe(200);
  const body = JSON.parse(response.body.toString()) as { schemaVersion: number; mediaType: string; manifests: Entry[] };
  return { response, body, entries: body.manifests };
}

async function push(manifest: ReturnType<typeof imageOf>, reference = manifest.descriptor.digest) {
  const response = await test.api.putManifest(repository, reference, manifest);
  expect(response.status).toBe(201);
  return response;
}

describe('the referrers list', () => {
  it('GET referrers of an unknown repository or subject answers 200 with an empty index (oras pings the zero digest)', async () => {
    for (const name of [repository, 'team/none']) {
      const { response, body } = await read(`sha256:${'0'.repeat(64)}`, '', name);
      expect(body).toEqual({ schemaVersion: 2, mediaType: TYPES.index, manifests: [] });
      expect(response.headers['content-type']).toBe('application/vnd.oci.image.index.v1+json');
    }
  });

  it('GET referrers of a bad digest answers 400', async () => {
    const response = await test.api.listReferrers(repository, 'sha256:abc');
    expect(response.status).toBe(400);
    expect(codesOf(response)).toEqual(['DIGEST_INVALID']);
  });

  it('PUT with a subject answers OCI-Subject, also while the subject is missing (cosign, oras attach)', async () => {
    const subject = blob('not there', TYPES.image).descriptor;
    const response = await push(imageOf({ subject, artifactType: 'application/x.sig' }));
    expect(response.headers['oci-subject']).toBe(subject.digest);
    expect((await read(subject.digest)).entries.length).toBe(1);
  });

  it('GET referrers shows type, size, annotations, and as artifactType the config type when the manifest has none', async () => {
    const { image } = await pushImage(test.api, { repository, text: 'subject', tag: 'v1' });
    const subject = image.descriptor;
    const typed = imageOf({ subject, artifactType: 'application/x.sbom', annotations: { 'org.example': 'yes' } });
    const config = { ...EMPTY_JSON.descriptor, mediaType: 'application/x.config' };
    const byConfig = imageOf({ subject, config });
    const index = indexOf([], { subject });
    for (const manifest of [typed, byConfig, index]) await push(manifest);
    const { entries } = await read(subject.digest);
    const size = (manifest: typeof typed) => manifest.bytes.length;
    expect(entries.toSorted((a, b) => a.size - b.size)).toEqual(
      [
        { mediaType: TYPES.index, digest: index.descriptor.digest, size: size(index) },
        { mediaType: TYPES.image, digest: byConfig.descriptor.digest, size: size(byConfig), artifactType: 'application/x.config' },
        {
          mediaType: TYPES.image,
          digest: typed.descriptor.digest,
          size: size(typed),
          artifactType: 'application/x.sbom',
          annotations: { 'org.example': 'yes' },
        },
      ].toSorted((a, b) => a.size - b.size),
    );
  });

  it('GET referrers with artifactType filters, and says so only then (oras splits OCI-Filters-Applied)', async () => {
    const subject = blob('filtered', TYPES.image).descriptor;
    const wanted = imageOf({ subject, artifactType: 'application/x.a+json' });
    await push(wanted);
    await push(imageOf({ subject, artifactType: 'application/x.b' }));
    const filtered = await read(subject.digest, `?artifactType=${encodeURIComponent('application/x.a+json')}`);
    expect(filtered.entries.map((entry) => entry.digest)).toEqual([wanted.descriptor.digest]);
    expect(filtered.response.headers['oci-filters-applied']).toBe('artifactType');
    const all = await read(subject.digest);
    expect(all.entries.length).toBe(2);
    expect(all.response.headers['oci-filters-applied']).toBeUndefined();
  });

  it('GET referrers knows nothing of other repositories', async () => {
    const subject = blob('elsewhere', TYPES.image).descriptor;
    await push(imageOf({ subject }));
    expect((await read(subject.digest, '', 'team/other')).entries).toEqual([]);
  });

  it('GET referrers pages large lists over relative Links that keep the filter, each page below 4 MiB (oras, containerd)', async () => {
    const subject = blob('many', TYPES.image).descriptor;
    const notes = { pad: 'x'.repeat(900_000) };
    const digests: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      const referrer = imageOf({ subject, artifactType: 'application/x.big', annotations: { ...notes, at: String(at) } });
      await push(referrer);
      digests.push(referrer.descriptor.digest);
    }
    const seen: string[] = [];
    let pages = 0;
    let query: string | undefined = '?artifactType=application/x.big';
    while (query !== undefined) {
      const { entries, response }: Awaited<ReturnType<typeof read>> = await read(subject.digest, query);
      expect(response.body.length).toBeLessThan(4 * 1024 * 1024);
      expect(response.headers['oci-filters-applied']).toBe('artifactType');
      seen.push(...entries.map((entry) => entry.digest));
      pages += 1;
      const link = String(response.headers.link ?? '');
      query = new RegExp(`^</v2/${repository}/referrers/${subject.digest}(\\?[^>]+)>; rel="next"$`).exec(link)?.[1];
    }
    expect(pages).toBe(2);
    expect(seen.toSorted()).toEqual(digests.toSorted());
  });

  it('DELETE of a referrer takes it off the list at once (conformance)', async () => {
    const subject = blob('deleted', TYPES.image).descriptor;
    const referrer = imageOf({ subject });
    await push(referrer);
    expect((await test.api.deleteManifest(repository, referrer.descriptor.digest)).status).toBe(202);
    expect((await read(subject.digest)).entries).toEqual([]);
  });
});

describe('tags of clients without the referrers API', () => {
  it('PUT of an index under the fallback tag makes its children referrers (cosign and oras before, copied by skopeo)', async () => {
    const { image, digest } = await pushImage(test.api, { repository, text: 'old subject', tag: 'v1' });
    const old = imageOf({ artifactType: 'application/x.old', annotations: { old: 'yes' } });
    const own = imageOf({ subject: blob('its own', TYPES.image).descriptor, artifactType: 'application/x.own' });
    await push(old);
    await push(own);
    await push(indexOf([old.descriptor, own.descriptor]), digest.replace(':', '-'));
    expect((await read(digest)).entries).toEqual([{ ...old.descriptor, artifactType: 'application/x.old', annotations: { old: 'yes' } }]);
    expect(image.descriptor.digest).toBe(digest);
  });

  it('the fallback tag stays readable as any tag (clients that list by it)', async () => {
    const tag = digestOf('some subject').replace(':', '-');
    const index = indexOf([]);
    await push(index, tag);
    expect((await test.api.getManifest(repository, tag)).body).toEqual(index.bytes);
  });

  it.each(['sig', 'att', 'sbom'])('legacy cosign .%s tags are tags like any other', async (suffix) => {
    const tag = `${digestOf('signed').replace(':', '-')}.${suffix}`;
    const signature = imageOf({ annotations: { signature: suffix } });
    await push(signature, tag);
    expect((await test.api.getManifest(repository, tag)).body).toEqual(signature.bytes);
    expect((await test.api.deleteManifest(repository, tag)).status).toBe(202);
  });
});
