import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseDescriptor, parseDigest, parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { buildImage, buildTar, FakeClock, type FixtureImage, type LayerEntry, withTempFolder } from '@slipway/testkit';
import { openLocalEngine } from '../open-engine.ts';
import { NOW_MS, type Outcome, type RunOptions, runSlipway } from './run-slipway.ts';

/** Runs a command line in a home of its own. */
export type RunHere = (words: readonly string[], options?: RunOptions) => Promise<Outcome>;

export interface NamedImage {
  readonly image: FixtureImage;
  /** `app:v1`. */
  readonly names: readonly string[];
  /** `app@sha256:…`; only for images that are not loaded. */
  readonly digests?: readonly string[];
}

const BASE: readonly LayerEntry[] = [{ path: 'etc/' }, { path: 'etc/passwd', content: 'x'.repeat(123_456) }];
const TOP: readonly LayerEntry[] = [{ path: 'srv/' }, { path: 'srv/content', content: 'y'.repeat(2_345_678) }];

/** Two layers, of which other images made here share the first. */
export const APP: FixtureImage = buildImage({
  compression: 'none',
  mediaTypes: 'docker',
  layers: [BASE, TOP],
  config: { Env: ['PATH=/bin'], Cmd: ['sh', '-c', 'a<b'], Labels: { 'org.example.stage': 'test' }, ExposedPorts: { '80/tcp': {} } },
});
export const TOOL: FixtureImage = buildImage({ compression: 'none', mediaTypes: 'docker', layers: [BASE], config: { Cmd: ['tool'] } });

/** An archive in docker's format, as `docker save` wrote it before version 25. */
export function dockerArchive(images: readonly NamedImage[]): Buffer {
  const manifest = images.map(({ image, names }) => ({
    Config: `${image.config.descriptor.digest.slice('sha256:'.length)}.json`,
    RepoTags: names,
    Layers: image.diffIds.map((diffId) => `${diffId.slice('sha256:'.length)}/layer.tar`),
  }));
  const files = new Map<string, string | Buffer>();
  for (const [index, { image }] of images.entries()) {
    files.set(manifest[index]?.Config ?? '', image.config.bytes);
    for (const [position, layer] of image.layers.entries()) files.set(manifest[index]?.Layers[position] ?? '', layer.bytes);
  }
  files.set('manifest.json', JSON.stringify(manifest));
  return buildTar([...files].map(([path, content]) => ({ path, content })));
}

/** Runs commands in a new home folder that knows these images, their layers neither packed nor unpacked. */
export async function withImages(images: readonly NamedImage[], use: (run: RunHere, folder: string) => Promise<void>): Promise<void> {
  await withHome(async (run, folder) => {
    await addImages(folder, images);
    await use(run, folder);
  });
}

/** The same with all that belongs to the images, as `load` brings it. */
export async function withLoadedImages(images: readonly NamedImage[], use: (run: RunHere, folder: string) => Promise<void>): Promise<void> {
  await withHome(async (run, folder) => {
    const archive = join(folder, 'images.tar');
    await writeFile(archive, dockerArchive(images));
    const loaded = await run(['load', '-q', '-i', archive]);
    if (loaded.exitCode !== 0) throw new Error(`Cannot load the images: ${loaded.stderr}`);
    await use(run, folder);
  });
}

async function withHome(use: (run: RunHere, folder: string) => Promise<void>): Promise<void> {
  await withTempFolder(async (folder) => {
    await use(async (words, options = {}) => {
      const environment = { ...environmentOf(folder), ...options.environment };
      return await runSlipway(words, { ...options, cwd: folder, environment });
    }, folder);
  });
}

async function addImages(folder: string, images: readonly NamedImage[]): Promise<void> {
  await using engine = await openLocalEngine({ environment: environmentOf(folder), cwd: folder, clock: new FakeClock(NOW_MS) });
  await using lease = await engine.leases.open('test');
  for (const { image, names, digests = [] } of images) {
    const config = parseDescriptor(image.config.descriptor, 'config');
    await engine.content.write(config, Readable.from([image.config.bytes]), { lease });
    await engine.images.add({
      lease,
      config,
      manifests: [],
      names: names.map((name) => withDefaultTag(parseReference(name))),
      digests: digests.map((name) => digestNamed(parseReference(name))),
      layerSizes: new Map(image.layers.map(({ bytes }, index) => [parseDigest(image.diffIds[index] ?? ''), fileBytesOf(bytes)])),
    });
  }
}

function environmentOf(folder: string): Readonly<Record<string, string>> {
  return { SLIPWAY_HOME: join(folder, 'home'), DOCKER_CONFIG: join(folder, 'docker'), PATH: process.env['PATH'] ?? '' };
}

function digestNamed({ registry, repository, digest }: Reference) {
  if (digest === undefined) throw new TypeError('no digest');
  return { repository: `${registry}/${repository}`, digest };
}

/** What the files in a tar of `buildTar` hold: neither headers nor padding. */
function fileBytesOf(tar: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 512 <= tar.length; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135) || '0', 8) || 0;
    if (tar[at + 156] === 0x30) sum += size;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return sum;
}

/** Twelve digits of an image's id, as tables show it. */
export function shortIdOf(image: FixtureImage): string {
  return image.config.descriptor.digest.slice('sha256:'.length).slice(0, 12);
}
