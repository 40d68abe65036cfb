import { Readable } from 'node:stream';
import { systemClock } from '@slipway/base/node';
import { type Descriptor, parseReference } from '@slipway/oci';
import { type FixtureBlob, type FixtureImage, openTempFolder } from '@slipway/testkit';
import { type Engine, type EngineOptions, openEngine } from '../../engine.ts';
import type { ImageRecord } from '../../images/image-record.ts';
import type { ImageReceiver, ReceiveOptions } from '../image-receiver.ts';

/** An engine in a home of its own, and images that come into it. */
export interface ReceivingHome extends AsyncDisposable {
  readonly engine: Engine;
  withReceiver<T>(options: Omit<ReceiveOptions, 'lease'>, work: (receiver: ImageReceiver) => Promise<T>): Promise<T>;
  /** All blobs, one after the other, and then the image. */
  receive(image: FixtureImage, options?: Omit<ReceiveOptions, 'lease'>): Promise<ImageRecord>;
  /** What a shell script that looks at the image's files prints. */
  look(record: ImageRecord, script: string): Promise<string>;
}

const WORKER = new URL('../../snapshots/testing/worker.ts', import.meta.url);

/** `path`: the home; a new folder, removed in the end, when absent. */
export async function openReceivingHome(options: Partial<Pick<EngineOptions, 'snapshotter' | 'home'>> = {}): Promise<ReceivingHome> {
  const folder = await openTempFolder('slipway-receiving-');
  const engine = await openEngine({
    home: folder.path,
    ...options,
    clock: systemClock,
    searchPath: process.env['PATH'] ?? '',
    worker: WORKER,
  });
  const withReceiver: ReceivingHome['withReceiver'] = async (received, work) => {
    await using lease = await engine.leases.open('test');
    await using receiver = await engine.receive({ ...received, lease });
    return await work(receiver);
  };
  return {
    engine,
    withReceiver,
    async receive(image, received = {}) {
      return await withReceiver(received, async (receiver) => {
        for (const blob of [...image.layers, image.config, image.manifest]) await writeBlob(receiver, blob);
        return await finish(receiver, image);
      });
    },
    async look(record, script) {
      const mounts = await (await engine.snapshots()).view(record.layers.map(({ diffId }) => diffId));
      const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
      const workers = await engine.workers();
      const outcome = await workers.run('runMounted', { mounts, target: engine.home.trash, environment, command: ['sh', '-ec', script] });
      return outcome.stdout;
    },
    async [Symbol.asyncDispose]() {
      await (await engine.workers()).run('removeTree', { folder: engine.home.snapshots });
      await engine[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export async function writeBlob(receiver: ImageReceiver, blob: FixtureBlob, stream = streamOf(blob.bytes)): Promise<void> {
  if (!(await receiver.has(described(blob)))) await receiver.write(described(blob), stream);
}

export async function finish(receiver: ImageReceiver, image: FixtureImage): Promise<ImageRecord> {
  return await receiver.finish({ manifest: described(image.manifest), names: [parseReference('app:1')], digests: [] });
}

function described({ descriptor }: FixtureBlob): Descriptor {
  return descriptor as unknown as Descriptor;
}

function streamOf(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}
