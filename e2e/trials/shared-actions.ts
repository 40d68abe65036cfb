import { type ActionParts, pullWhole, requireStatus } from './action-parts.ts';
import type { ObjectKind } from './change-ledger.ts';
import { isWhole } from './content-pusher.ts';

const SHARED_TAGS = ['latest', 'stable', 'edge'] as const;
const NUMBERS = 30;
const LOOSE = 5;

/** What a client does in the repository that all clients change at once. */
export class SharedActions {
  readonly #options: ActionParts;

  constructor(options: ActionParts) {
    this.#options = options;
  }

  /** Even numbers are never deleted from the shared repository, odd ones never tagged there. */
  async push(): Promise<void> {
    const { random, shared, world } = this.#options;
    await this.#options.pusher.push(shared, world.catalogue.image(2 * random.below(NUMBERS)), [random.pick(SHARED_TAGS)]);
  }

  async pushLoose(): Promise<void> {
    const { random, shared, world } = this.#options;
    await this.#options.pusher.push(shared, world.catalogue.image(1 + 2 * random.below(LOOSE)), []);
  }

  async deleteLoose(): Promise<void> {
    const { api, random, shared, world } = this.#options;
    const name = world.catalogue.image(1 + 2 * random.below(LOOSE)).blob.descriptor.digest;
    const changes = [{ key: { kind: 'manifest' as const, repository: shared, name }, held: undefined }];
    const answer = await this.#options.pusher.change('DELETE manifest', changes, () => api.deleteManifest(shared, name));
    this.#require(answer.status, [202, 404], 'manifest', name);
  }

  async deleteTag(): Promise<void> {
    const { api, random, shared } = this.#options;
    const name = random.pick(SHARED_TAGS);
    const changes = [{ key: { kind: 'tag' as const, repository: shared, name }, held: undefined }];
    const answer = await this.#options.pusher.change('DELETE tag', changes, () => api.deleteManifest(shared, name));
    this.#require(answer.status, [202, 404], 'tag', name);
  }

  async pull(): Promise<void> {
    const { api, random, shared, world } = this.#options;
    const tag = random.pick(SHARED_TAGS);
    const answer = await api.getManifest(shared, tag);
    this.#require(answer.status, [200, 404], 'tag', tag);
    if (answer.status === 404) return;
    const digest = String(answer.headers['docker-content-digest']);
    const manifest = world.catalogue.find(digest);
    if (manifest === undefined || !isWhole(answer.body, digest)) throw new Error(`Tag "${tag}" gave bytes that nobody pushed: ${digest}`);
    // The tag may have moved meanwhile, and an untagged manifest may go.
    if (world.untaggedMs === undefined) await pullWhole(this.#options, shared, manifest);
  }

  #require(status: number, allowed: readonly number[], kind: ObjectKind, name: string): void {
    requireStatus(this.#options, status, { allowed, key: { kind, repository: this.#options.shared, name } });
  }
}
