import { rmSync } from 'node:fs';
import type { Clock } from '@slipway/base';
import { silentLogger } from '@slipway/base';
import { systemClock } from '@slipway/base/node';
import type { Descriptor, Digest, Reference } from '@slipway/oci';
import { buildImage, buildIndex, type FixtureBlob, type FixtureImage, type LayerEntry, openTempFolder } from '@slipway/testkit';
import { cleanUp } from '../../collect/clean-up.ts';
import { type CollectOptions, collect } from '../../collect/collect.ts';
import type { ContentStore } from '../../content/content-store.ts';
import { createFsContentStore } from '../../content/fs-content-store.ts';
import { type Home, prepareHome } from '../../home.ts';
import type { Lease, Leases } from '../../leases/lease.ts';
import { createLeases } from '../../leases/open-leases.ts';
import { openState } from '../../state/open-state.ts';
import type { StateDatabase } from '../../state/state-database.ts';
import type { ImageDigest, ImageRecord } from '../image-record.ts';
import type { ImageStore } from '../image-store.ts';
import { createImageStore } from '../sqlite-image-store.ts';

/** State, leases, content and images of a home, without worker processes. */
export interface TestHome extends AsyncDisposable {
  readonly home: Home;
  readonly clock: Clock;
  readonly state: StateDatabase;
  readonly leases: Leases;
  readonly content: ContentStore;
  readonly images: ImageStore;
  cleanUp(): ReturnType<typeof cleanUp>;
  collect(options?: CollectOptions): ReturnType<typeof collect>;
}

/** In a temporary folder, unless one is named. */
export async function openTestHome(path?: string): Promise<TestHome> {
  const folder = path === undefined ? await openTempFolder('slipway-engine-') : undefined;
  const home = await prepareHome(path ?? folder?.path ?? '');
  const clock = systemClock;
  const state = await openState(home.database, { clock });
  const content = createFsContentStore({ folder: home.content, clock, logger: silentLogger });
  const parts = { home, state, clock, removeTree: async (path: string) => rmSync(path, { recursive: true, force: true }) };
  return {
    home,
    clock,
    state,
    leases: createLeases({ folder: home.leases, state, clock }),
    content,
    images: createImageStore({ state, content }),
    cleanUp: async () => await cleanUp(parts),
    collect: async (options) => await collect(parts, options),
    async [Symbol.asyncDispose]() {
      await content.close();
      state[Symbol.dispose]();
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

export interface TestImageOptions {
  /** Each text makes a layer of its own: equal texts are equal layers. */
  readonly layers: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly names?: readonly Reference[];
  readonly digests?: readonly ImageDigest[];
  /** Pulled by way of an index. */
  readonly hasIndex?: boolean;
}

/** Adds an image as a pull does: content under a lease, then the rows. Sizes of layers are the lengths of their texts. */
export async function addTestImage(to: TestHome, options: TestImageOptions): Promise<ImageRecord> {
  await using lease = await to.leases.open('test');
  return await addTestImageUnder(to, lease, options);
}

export async function addTestImageUnder(to: TestHome, lease: Lease, options: TestImageOptions): Promise<ImageRecord> {
  const { image, index } = testImage(options);
  for (const blob of [...image.layers, image.config, image.manifest]) await putBlob(to, lease, blob);
  if (options.hasIndex === true) await putBlob(to, lease, index);
  return await to.images.add({
    lease,
    config: descriptorOf(image.config),
    manifests: [descriptorOf(image.manifest)],
    ...(options.hasIndex === true ? { index: descriptorOf(index) } : {}),
    names: options.names ?? [],
    digests: options.digests ?? [],
    layerSizes: new Map(image.diffIds.map((diffId, position) => [diffId as Digest, options.layers[position]?.length ?? 0])),
  });
}

export function testImage({ layers, labels = {} }: TestImageOptions): { readonly image: FixtureImage; readonly index: FixtureBlob } {
  const entries = layers.map((text, position): LayerEntry[] => [{ path: `file-${position}`, content: text }]);
  const image = buildImage({ layers: entries, config: { Labels: labels } });
  return { image, index: buildIndex([image]).manifest };
}

/** Holds it, then looks, and writes only what is not there. */
export async function putBlob(to: TestHome, lease: Lease, blob: FixtureBlob): Promise<void> {
  const { digest } = descriptorOf(blob);
  await lease.holdContent([digest]);
  if ((await to.content.stat(digest)) === undefined) await to.content.put(blob.bytes, { lease });
}

export function descriptorOf({ descriptor }: FixtureBlob): Descriptor {
  return { mediaType: descriptor.mediaType, digest: descriptor.digest as Digest, size: descriptor.size };
}
