import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '@slipway/base/node';
import { type Engine, type ImageRecord, openEngine } from '@slipway/engine';
import {
  findImagesToSave,
  type ImageToSave,
  type LoadEvent,
  loadArchive,
  loadLayout,
  saveArchive,
  writeLayout,
} from '@slipway/engine/archives';
import { familiarReference, type Platform, parseReference, withDefaultTag } from '@slipway/oci';

/** The images of a home of its own, by their short names. */
export interface OwnMachine extends AsyncDisposable {
  /** Loads an archive's file or a layout's folder; resolves to names, or ids of what has none. */
  load(path: string, options?: { readonly isLayout?: boolean }): Promise<string[]>;
  save(names: readonly string[], path: string, format?: 'docker' | 'oci' | 'layout'): Promise<void>;
  find(name: string): ImageRecord;
  /** Frees what no image needs. */
  collect(): Promise<void>;
}

const WORKER = new URL('../apps/cli/src/snapshot-worker.ts', import.meta.url);
const PLATFORM: Platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };

export async function openOwnMachine(home: string): Promise<OwnMachine> {
  const engine = await openEngine({ home, clock: systemClock, searchPath: process.env['PATH'] ?? '', worker: WORKER });
  return {
    async load(path, { isLayout = false } = {}) {
      await using lease = await engine.leases.open('e2e load');
      const { content, images, searchPath } = engine;
      const receive = async () => await engine.receive({ lease, platform: 'all' });
      const options = { content, images, searchPath, lease, receive, platform: PLATFORM };
      const loaded: string[] = [];
      for await (const event of isLayout ? loadLayout(path, options) : loadArchive(createReadStream(path), options)) {
        if (event.kind === 'loaded') loaded.push(nameOf(event));
      }
      return loaded;
    },
    async save(names, path, format = 'docker') {
      const images = await imagesToSave(engine, names);
      if (format === 'layout') await writeLayout(path, { content: engine.content, images });
      else await pipeline(saveArchive({ content: engine.content, images, format }), createWriteStream(path));
    },
    find: (name) => engine.images.require(name),
    async collect() {
      await engine.collect();
    },
    [Symbol.asyncDispose]: async () => await engine[Symbol.asyncDispose](),
  };
}

function nameOf({ id, name }: Extract<LoadEvent, { kind: 'loaded' }>): string {
  return name === undefined ? id : familiarReference(name);
}

async function imagesToSave(engine: Engine, names: readonly string[]): Promise<ImageToSave[]> {
  const { content } = engine;
  const images: ImageToSave[] = [];
  for (const name of names) {
    const record = engine.images.require(name);
    const options = { record, content, pack: async (packed: ImageRecord) => await engine.pack(packed) };
    const isId = name.startsWith('sha256:');
    images.push(...(await findImagesToSave({ ...options, names: isId ? [] : [withDefaultTag(parseReference(name))] })));
  }
  return images;
}
