import { mkdirSync } from 'node:fs';
import { systemClock } from '@slipway/base/node';
import { openTempFolder } from '@slipway/testkit';
import { prepareHome } from '../../home.ts';
import { createLeases } from '../../leases/open-leases.ts';
import { openState } from '../../state/open-state.ts';
import { SnapshotWorkers, type WorkerNamespace } from '../../worker/snapshot-workers.ts';
import type { OpenedSnapshotter } from '../contract.ts';
import type { OverlayXattrs } from '../mount.ts';
import { createSnapshots } from '../snapshots.ts';
import type { SnapshotMedium } from '../snapshotter.ts';

export interface OpenSnapshotterOptions {
  readonly medium: SnapshotMedium;
  readonly xattrs?: OverlayXattrs;
  readonly namespace: WorkerNamespace;
}

const WORKER = new URL('worker.ts', import.meta.url);

/** Opens snapshotters, each in a new home, that share a worker. */
export class SnapshotterOpener implements AsyncDisposable {
  readonly #options: OpenSnapshotterOptions;
  readonly #workers: SnapshotWorkers;

  constructor(options: OpenSnapshotterOptions) {
    const { namespace } = options;
    this.#options = options;
    this.#workers = new SnapshotWorkers({ worker: WORKER, count: 1, namespace, searchPath: process.env['PATH'] ?? '' });
  }

  async open(): Promise<OpenedSnapshotter> {
    return await openSnapshotter(this.#options, this.#workers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
  }
}

async function openSnapshotter({ medium, xattrs }: OpenSnapshotterOptions, workers: SnapshotWorkers): Promise<OpenedSnapshotter> {
  const folder = await openTempFolder('slipway-snapshots-');
  const home = await prepareHome(folder.path);
  const state = await openState(home.database, { clock: systemClock });
  const snapshotter = createSnapshots({
    home,
    state,
    clock: systemClock,
    medium,
    ...(xattrs === undefined ? {} : { xattrs }),
    runJob: async (kind, input, options) => await workers.run(kind, input, options),
  });
  const target = `${folder.path}/mounted`;
  mkdirSync(target);
  return {
    home,
    snapshotter,
    openLease: async () => await createLeases({ folder: home.leases, state, clock: systemClock }).open('test'),
    async run(mounts, script) {
      const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
      const outcome = await workers.run('runMounted', { mounts, target, environment, command: ['sh', '-ec', `umask 022\n${script}`] });
      if (outcome.exitCode !== 0) throw new Error(`The script ended with ${outcome.exitCode}: ${outcome.stderr}`);
      return outcome.stdout;
    },
    async [Symbol.asyncDispose]() {
      // The folder may hold files that only the workers may remove.
      await workers.run('removeTree', { folder: home.snapshots });
      state[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
