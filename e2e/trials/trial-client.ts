import type { ActionParts } from './action-parts.ts';
import { ContentPusher, isGone } from './content-pusher.ts';
import { OwnActions } from './own-actions.ts';
import { SharedActions } from './shared-actions.ts';
import { count } from './trial-world.ts';

export interface TrialClientOptions extends Omit<ActionParts, 'pusher'> {
  /** Where blobs may be mounted from. */
  readonly peers: readonly string[];
}

const WEIGHTS = {
  pushImage: 8,
  pushIndex: 3,
  pushReferrer: 3,
  moveTag: 3,
  deleteTag: 2,
  deleteManifest: 4,
  deleteBlob: 2,
  pushLate: 2,
  pushHot: 3,
  leaveUpload: 1,
  pull: 5,
  pushShared: 5,
  pushLoose: 2,
  deleteLoose: 2,
  deleteSharedTag: 1,
  pullShared: 4,
} as const;

/** One client that does whatever comes to its mind, one thing after the other, and expects the answers that it must get. */
export class TrialClient {
  readonly #options: TrialClientOptions;
  readonly #actions: Readonly<Record<keyof typeof WEIGHTS, () => Promise<void>>>;

  constructor(options: TrialClientOptions) {
    this.#options = options;
    const parts = { ...options, pusher: new ContentPusher(options) };
    const own = new OwnActions(parts);
    const shared = new SharedActions(parts);
    this.#actions = {
      pushImage: () => own.pushImage(),
      pushIndex: () => own.pushIndex(),
      pushReferrer: () => own.pushReferrer(),
      moveTag: () => own.moveTag(),
      deleteTag: () => own.deleteTag(),
      deleteManifest: () => own.deleteManifest(),
      deleteBlob: () => own.deleteBlob(),
      pushLate: () => own.pushLate(),
      pushHot: () => own.pushHot(),
      leaveUpload: () => own.leaveUpload(),
      pull: () => own.pull(),
      pushShared: () => shared.push(),
      pushLoose: () => shared.pushLoose(),
      deleteLoose: () => shared.deleteLoose(),
      deleteSharedTag: () => shared.deleteTag(),
      pullShared: () => shared.pull(),
    };
  }

  /** Works until the signal aborts or the server is killed. Rejects when an answer is wrong. */
  async work(signal: AbortSignal): Promise<void> {
    const { random, world } = this.#options;
    try {
      while (!signal.aborted) {
        const action = random.weighted(WEIGHTS);
        await this.#actions[action]();
        count(world, action);
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}
