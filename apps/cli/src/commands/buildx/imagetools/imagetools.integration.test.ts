import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildImageOptions, blobOf, buildImage, buildIndex, type FixtureImage, pushBlob } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegistry, type TestRegistry } from '../../../testing/test-registry.ts';

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

function build(architecture: string, more: Partial<BuildImageOptions> = {}): FixtureImage {
  const platform = { os: 'linux', architecture };
  return buildImage({ layers: [[{ path: 'a', content: architecture }]], platform, config: { Cmd: ['sh'] }, ...more });
}

const amd = build('amd64');
const arm = build('arm64');
const index = buildIndex([amd, arm]);
const amdDigest = amd.manifest.descriptor.digest;
const armDigest = arm.manifest.descriptor.digest;

/** An image with provenance, as buildx pushes it. */
function attest(image: FixtureImage) {
  const statement = blobOf(Buffer.from(JSON.stringify({ predicate: { builder: 'test' } })), 'application/vnd.in-toto+json');
  const predicateType = { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' };
  const config = blobOf(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: config.descriptor,
    layers: [{ ...statement.descriptor, annotations: predicateType }],
  };
  const manifest = blobOf(Buffer.from(JSON.stringify(document)), MANIFEST_TYPE);
  const annotations = {
    'vnd.docker.reference.digest': image.manifest.descriptor.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const entry = { ...manifest.descriptor, annotations, platform: { os: 'unknown', architecture: 'unknown' } };
  const list = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [{ ...image.manifest.descriptor, platform: image.platform }, entry] };
  return { blobs: [statement, config], manifest, index: blobOf(Buffer.from(JSON.stringify(list)), INDEX_TYPE) };
}

describe('buildx imagetools', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await openTestRegistry();
    await registry.api.pushImage('admin/multi', 'latest', index);
    await registry.api.pushImage('admin/amd', 'v1', amd);
    await registry.api.pushImage('admin/arm', 'v1', arm);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  /** `HOST` is the registry. */
  async function run(words: readonly string[]) {
    const done = { exitCode: -1, stdout: '', stderr: '' };
    await registry.withHome(async (command, folder) => {
      await writeFile(join(folder, 'arm.json'), JSON.stringify({ ...arm.manifest.descriptor, annotations: { from: 'file' } }));
      Object.assign(done, await command(['buildx', 'imagetools', ...words.map((word) => word.replaceAll('HOST', registry.host))]));
    });
    return done;
  }

  async function stored(repository: string, tag: string) {
    const { body } = await registry.api.getManifest(repository, tag);
    return JSON.parse(body.toString()) as {
      readonly mediaType: string;
      readonly annotations?: object;
      readonly manifests?: readonly { readonly digest: string; readonly platform?: object; readonly annotations?: object }[];
    };
  }

  describe('inspect', () => {
    it("prints an index in buildx' layout", async () => {
      const name = `${registry.host}/admin/multi:latest`;
      const { exitCode, stdout } = await run(['inspect', 'HOST/admin/multi']);
      expect(exitCode).toBe(0);
      expect(stdout.split('\n')).toEqual([
        `Name:      ${name}`,
        `MediaType: ${INDEX_TYPE}`,
        `Digest:    ${index.manifest.descriptor.digest}`,
        '           ',
        'Manifests: ',
        `  Name:      ${name}@${amdDigest}`,
        `  MediaType: ${MANIFEST_TYPE}`,
        '  Platform:  linux/amd64',
        '             ',
        `  Name:      ${name}@${armDigest}`,
        `  MediaType: ${MANIFEST_TYPE}`,
        '  Platform:  linux/arm64',
        '',
      ]);
    });

    it('prints the exact bytes of a manifest', async () => {
      expect(await run(['inspect', '--raw', `HOST/admin/multi@${armDigest}`])).toEqual({
        exitCode: 0,
        stdout: arm.manifest.bytes.toString(),
        stderr: '',
      });
    });

    it.each([
      ['{{.Name}}', 'HOST/admin/multi:latest\n'],
      ['{{.Manifest.Digest}}', `${index.manifest.descriptor.digest}\n`],
      ['{{range .Manifest.Manifests}}{{.Platform.Architecture}} {{end}}', 'amd64 arm64 \n'],
      ['{{(index .Image "linux/arm64").Config.Cmd}}', '[sh]\n'],
    ])('executes %s', async (format, expected) => {
      expect(await run(['inspect', '--format', format, 'HOST/admin/multi'])).toEqual({
        exitCode: 0,
        stdout: expected.replace('HOST', registry.host),
        stderr: '',
      });
    });

    it('prints JSON spelled as in the specification', async () => {
      const manifest = await run(['inspect', '--format', '{{json .Manifest}}', 'HOST/admin/amd:v1']);
      expect(JSON.parse(manifest.stdout)).toEqual({ ...amd.manifest.descriptor });
      const image = await run(['inspect', '--format', '{{json .Image}}', 'HOST/admin/amd:v1']);
      expect(JSON.parse(image.stdout)).toMatchObject({ architecture: 'amd64', rootfs: { diff_ids: amd.diffIds } });
    });

    it('finds provenance', async () => {
      const attested = attest(amd);
      for (const blob of attested.blobs) await pushBlob(registry.api, 'admin/amd', blob);
      await registry.api.pushManifest('admin/amd', attested.manifest.descriptor.digest, attested.manifest);
      await registry.api.pushManifest('admin/amd', 'attested', attested.index);
      const { stdout } = await run(['inspect', '--format', '{{json .Provenance}}', 'HOST/admin/amd:attested']);
      expect(JSON.parse(stdout)).toEqual({ SLSA: { builder: 'test' } });
      expect((await run(['inspect', 'HOST/admin/amd:attested'])).stdout).toContain(
        `  Annotations: \n    vnd.docker.reference.digest: ${amdDigest}\n    vnd.docker.reference.type:   attestation-manifest\n`,
      );
    });

    it.each([
      [['inspect', '--raw', '--format', '{{.Name}}', 'HOST/admin/amd'], 1, 'format and raw cannot be used together'],
      [['inspect', 'HOST/admin/amd:no'], 1, 'manifest for HOST/admin/amd:no not found'],
      [['inspect', '--format', '{{.Nope}}', 'HOST/admin/amd:v1'], 1, 'Nope'],
    ])('refuses %j', async (words, exitCode, reason) => {
      expect(await run(words)).toMatchObject({ exitCode, stderr: expect.stringContaining(reason.replace('HOST', registry.host)) });
    });
  });

  describe('create', () => {
    it('makes an index of images from other repositories', async () => {
      const outcome = await run([
        'create',
        '-t',
        'HOST/admin/made:v1',
        '-t',
        'HOST/admin/made:v2',
        'HOST/admin/amd:v1',
        'HOST/admin/arm:v1',
      ]);
      expect(outcome).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('pushing') });
      const made = await stored('admin/made', 'v2');
      expect(made.manifests?.map(({ digest, platform }) => ({ digest, platform }))).toEqual([
        { digest: amdDigest, platform: amd.platform },
        { digest: armDigest, platform: arm.platform },
      ]);
      expect((await registry.api.getManifest('admin/made', armDigest)).status).toBe(200);
    });

    it('appends, from a file too, and annotates', async () => {
      await run(['create', '-t', 'HOST/admin/multi:one', `HOST/admin/multi@${amdDigest}`]);
      const words = ['create', '--append', '-t', 'HOST/admin/multi:one', '-f', 'arm.json'];
      const annotations = ['--annotation', 'index:a=1', '--annotation', 'manifest-descriptor[linux/arm64]:b=2'];
      expect(await run([...words, ...annotations])).toMatchObject({ exitCode: 0 });
      const made = await stored('admin/multi', 'one');
      expect(made.annotations).toEqual({ a: '1' });
      expect(made.manifests?.map((entry) => entry.annotations)).toEqual([undefined, { from: 'file', b: '2' }]);
    });

    it('only shows what it would push', async () => {
      const { stdout } = await run(['create', '--dry-run', 'HOST/admin/amd:v1']);
      expect(JSON.parse(stdout)).toMatchObject({ mediaType: INDEX_TYPE, manifests: [{ digest: amdDigest }] });
      const plain = await run(['create', '--dry-run', '--prefer-index=false', 'HOST/admin/amd:v1']);
      expect(plain.stdout).toBe(`${amd.manifest.bytes.toString()}\n`);
      const whole = await run(['create', '--dry-run', 'HOST/admin/multi']);
      expect(whole.stdout).toBe(`${index.manifest.bytes.toString()}\n`);
    });

    it.each([
      [['create', '-t', 'HOST/admin/x'], 1, 'no sources specified'],
      [['create', 'HOST/admin/amd:v1'], 1, "can't push with no tags specified, please set --tag or --dry-run"],
      [['create', '--dry-run', amdDigest], 1, 'no repositories specified, please set a reference in tag or source'],
      [['create', '-t', 'HOST/admin/x', amdDigest, 'HOST/admin/amd:v1'], 1, 'multiple repositories specified, cannot infer'],
      [['create', '--dry-run', '--annotation', 'manifest:a=b', 'HOST/admin/amd:v1'], 1, '"manifest" annotations are not supported yet'],
      [['create', '--dry-run', 'HOST/admin/amd:no'], 1, 'manifest for HOST/admin/amd:no not found'],
    ])('refuses %j', async (words, exitCode, reason) => {
      expect(await run(words)).toMatchObject({ exitCode, stderr: expect.stringContaining(reason.replace('HOST', registry.host)) });
    });
  });
});
