import {
  blobsOf,
  buildTar,
  type FixtureBlob,
  type FixtureImage,
  type FixtureIndex,
  type FixturePlatform,
  type LayerEntry,
  sha256Of,
} from '@slipway/testkit';

/** As `docker save` wrote it from 1.10 to 24, and skopeo writes it. */
export function dockerArchive(images: readonly { readonly image: FixtureImage; readonly names: readonly string[] }[]): Buffer {
  const files = new Map<string, Buffer>();
  const items = images.map(({ image, names }) => {
    const Config = `${hexOf(image.config)}.json`;
    files.set(Config, image.config.bytes);
    const Layers = image.layers.map((layer) => {
      files.set(`${hexOf(layer)}/layer.tar`, layer.bytes);
      return `${hexOf(layer)}/layer.tar`;
    });
    return { Config, RepoTags: names.length === 0 ? null : names.map((name) => (name.includes(':') ? name : `${name}:latest`)), Layers };
  });
  const entries = [...files].map(([path, content]): LayerEntry => ({ path, content }));
  return buildTar([...entries, { path: 'manifest.json', content: JSON.stringify(items) }]);
}

/** As `docker save` writes it since 25. `invented`: without containerd's store, when docker makes the manifest up. */
export function dockerSaveArchive(image: FixtureImage, name: string, options: { readonly invented: boolean }): Buffer {
  const sources = Object.fromEntries(image.layers.map(({ descriptor }) => [descriptor.digest, descriptor]));
  const item = {
    Config: blobPath(image.config.descriptor.digest),
    RepoTags: [name],
    Layers: image.layers.map(({ descriptor }) => blobPath(descriptor.digest)),
    ...(options.invented ? { LayerSources: sources } : {}),
  };
  const annotations = {
    'io.containerd.image.name': `docker.io/library/${name}`,
    'org.opencontainers.image.ref.name': name.slice(name.indexOf(':') + 1),
  };
  return ociArchive([{ content: image, annotations }], { more: [{ path: 'manifest.json', content: JSON.stringify([item]) }] });
}

export interface ListedContent {
  readonly content: FixtureImage | FixtureIndex;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: FixturePlatform;
}

export interface OciArchiveOptions {
  readonly more?: readonly LayerEntry[];
  /** Digests of blobs to leave out. */
  readonly without?: readonly string[];
}

export function ociEntries(listed: readonly ListedContent[], options: OciArchiveOptions = {}): LayerEntry[] {
  const blobs = new Map(listed.flatMap(({ content }) => blobsOf(content)).map((blob) => [blob.descriptor.digest, blob.bytes]));
  for (const digest of options.without ?? []) blobs.delete(digest);
  const manifests = listed.map(({ content, annotations, platform }) => ({ ...content.manifest.descriptor, annotations, platform }));
  return [
    { path: 'blobs/' },
    { path: 'blobs/sha256/' },
    ...[...blobs].map(([digest, content]): LayerEntry => ({ path: blobPath(digest), content })),
    { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    ...(options.more ?? []),
  ];
}

export function ociArchive(listed: readonly ListedContent[], options: OciArchiveOptions = {}): Buffer {
  return buildTar(ociEntries(listed, options));
}

/** Of docker before 1.10, and the config that docker 20.10 makes of it. */
export function legacyArchive(): { readonly archive: Buffer; readonly config: string } {
  const [base, top] = ['1'.repeat(64), '2'.repeat(64)];
  const layers = [buildTar([{ path: 'base', content: 'base' }]), buildTar([{ path: 'top', content: 'top' }])];
  const run = { Cmd: ['/bin/sh', '-c', 'echo a > /b && true'] };
  const created = ['2015-01-01T00:00:00Z', '2015-01-02T00:00:00Z'];
  const platform = { architecture: 'amd64', os: 'linux' };
  const documents = [
    { id: base, created: created[0], container_config: { Cmd: null }, docker_version: '1.9.1', ...platform, Size: 4 },
    {
      id: top,
      parent: base,
      created: created[1],
      container_config: run,
      docker_version: '1.9.1',
      author: 'ann',
      config: { Cmd: ['sh'] },
      ...platform,
      Size: 3,
    },
  ];
  const entries = documents.flatMap((document, at): LayerEntry[] => [
    { path: `${document.id}/` },
    { path: `${document.id}/VERSION`, content: '1.0' },
    { path: `${document.id}/json`, content: JSON.stringify(document) },
    { path: `${document.id}/layer.tar`, content: layers[at] ?? '' },
  ]);
  const config =
    '{"architecture":"amd64","author":"ann","config":{"Cmd":["sh"]},' +
    '"container_config":{"Cmd":["/bin/sh","-c","echo a \\u003e /b \\u0026\\u0026 true"]},"created":"2015-01-02T00:00:00Z","docker_version":"1.9.1",' +
    '"history":[{"created":"2015-01-01T00:00:00Z"},{"created":"2015-01-02T00:00:00Z","author":"ann","created_by":"/bin/sh -c echo a \\u003e /b \\u0026\\u0026 true"}],' +
    `"os":"linux","rootfs":{"type":"layers","diff_ids":${JSON.stringify(layers.map(sha256Of))}}}`;
  return { archive: buildTar([...entries, { path: 'repositories', content: JSON.stringify({ old: { 1: top } }) }]), config };
}

export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function hexOf({ descriptor }: FixtureBlob): string {
  return descriptor.digest.slice('sha256:'.length);
}
