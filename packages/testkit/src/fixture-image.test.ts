import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildImage, buildIndex, sha256Of } from './fixture-image.ts';

const layers = [[{ path: 'a', content: 'first' }], [{ path: 'b', content: 'second' }]];

test('buildImage() describes its own bytes', () => {
  const image = buildImage({ layers, config: { Cmd: ['/a'] } });
  for (const blob of [image.manifest, image.config, ...image.layers]) {
    expect(sha256Of(blob.bytes)).toBe(blob.descriptor.digest);
    expect(blob.bytes.length).toBe(blob.descriptor.size);
  }
  const manifest = JSON.parse(image.manifest.bytes.toString());
  expect(manifest.config).toEqual(image.config.descriptor);
  expect(manifest.layers).toEqual(image.layers.map((layer) => layer.descriptor));
  expect(image.layers.map((layer) => sha256Of(gunzipSync(layer.bytes)))).toEqual(image.diffIds);
  expect(JSON.parse(image.config.bytes.toString())).toMatchObject({ config: { Cmd: ['/a'] }, rootfs: { diff_ids: image.diffIds } });
});

test('buildImage() names media types by family and compression', () => {
  const docker = buildImage({ layers, mediaTypes: 'docker' });
  expect(docker.manifest.descriptor.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  expect(docker.layers[0]?.descriptor.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
  const zstd = buildImage({ layers, compression: 'zstd' });
  expect(zstd.layers[0]?.descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
  expect(zstd.layers.map((layer) => sha256Of(zstdDecompressSync(layer.bytes)))).toEqual(zstd.diffIds);
});

test('buildImage() is reproducible', () => {
  expect(buildImage({ layers }).manifest.descriptor).toEqual(buildImage({ layers }).manifest.descriptor);
});

test('buildIndex() lists each image under its platform', () => {
  const arm = buildImage({ layers, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
  const index = buildIndex([arm], { mediaTypes: 'docker' });
  expect(JSON.parse(index.manifest.bytes.toString())).toMatchObject({
    mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifests: [{ digest: arm.manifest.descriptor.digest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
  });
});
