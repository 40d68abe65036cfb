import { setTimeout as delay } from 'node:timers/promises';
import { startUpload, sendChunk } from '@slipway/testkit';
import type { ObjectKind } from './change-ledger.ts';
import { ContentPusher, isGone, isWhole } from './content-pusher.ts';
import { isManifestKept, keptManifests, parentsOf } from './kept-content.ts';
import type { RandomChoice } from './random-choice.ts';
import type { TrialApi } from './trial-api.ts';
import type { TrialManifest } from './trial-catalogue.ts';
import { count, type TrialWorld } from './trial-world.ts';

export interface TrialClientOptions {
  readonly world: TrialWorld;
  readonly api: TrialApi;
  readonly who: string;
  /** Only this client changes it: so it knows what has to be there. */
  readonly own: string;
  /** All clients change it. */
  readonly shared: string;
  readonly peers: readonly string[];
  readonly random: RandomChoice;
  /** Where the numbers of the content it pushes begin: clients with the same one push the same. */
  readonly firstNumber: number;
}

const ACTIONS = {
  pushImage: 8,
  pushIndex: 3,
  pushReferrer: 3,
  moveTag: 3,
  deleteTag: 2,
  deleteManifest: 4,
  deleteBlob: 2,
  pushShared: 5,
  pushLoose: 2,
  deleteLoose: 2,
  deleteSharedTag: 1,
  pushLate: 2,
  leaveUpload: 1,
  pull: 5,
  pullShared: 4,
} as const;

const OWN_TAGS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7'] as const;
const SHARED_TAGS = ['latest', 'stable', 'edge'] as const;
const NUMBERS = 30;
const MIN_LATE_GRACE_MS = 1000;
const LATE_MARGIN_MS = 450;
const LEFT_CHUNK_BYTES = 16_000;

/** One client that does whatever comes to its mind, one thing after the other, and expects the answers that it must get. */
export class TrialClient {
  readonly #options: TrialClientOptions;
  readonly #pusher: ContentPusher;
  #singles = 0;

  constructor(options: TrialClientOptions) {
    this.#options = options;
    this.#pusher = new ContentPusher(options);
  }

  /** Works until the signal aborts or the server is killed. Rejects when an answer is wrong. */
  async work(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const action = this.#options.random.weighted(ACTIONS);
        await this[action]();
        count(this.#options.world, action);
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async pushImage(): Promise<void> {
    const { own, random, world } = this.#options;
    const tags = OWN_TAGS.filter(() => random.chance(0.15));
    await this.#pusher.push(own, world.catalogue.image(this.#number()), tags);
  }

  async pushIndex(): Promise<void> {
    const { own, random, world } = this.#options;
    await this.#pusher.push(own, world.catalogue.index(this.#number()), random.chance(0.7) ? [random.pick(OWN_TAGS)] : []);
  }

  async pushReferrer(): Promise<void> {
    const { own, random, world } = this.#options;
    const subject = random.pickFrom(keptManifests(world, own).filter((manifest) => manifest.subject === undefined));
    if (subject !== undefined) await this.#pusher.push(own, world.catalogue.referrer(random.below(3), subject), []);
  }

  async moveTag(): Promise<void> {
    const { own, random, world } = this.#options;
    const manifest = random.pickFrom(keptManifests(world, own));
    if (manifest === undefined) return;
    const tags = OWN_TAGS.filter(() => random.chance(0.25));
    const answer = await this.#pusher.putManifest(own, manifest, tags);
    this.#require(answer.status, [201], 'manifest', manifest.blob.descriptor.digest);
  }

  async deleteTag(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const name = random.pick(OWN_TAGS);
    const key = { kind: 'tag' as const, repository: own, name };
    const isThere = world.ledger.isCertain(key);
    const answer = await this.#pusher.change(`DELETE tag`, [{ key, held: undefined }], () => api.deleteManifest(own, name));
    this.#require(answer.status, [isThere ? 202 : 404], 'tag', name);
  }

  async deleteManifest(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const deletable = this.#deletable();
    const digest = random.pickFrom(deletable);
    if (digest === undefined) return;
    const isKept = isManifestKept(world, own, digest);
    const tags = OWN_TAGS.filter((name) => world.ledger.possible({ kind: 'tag', repository: own, name }).has(digest));
    const keys = [
      { kind: 'manifest' as const, repository: own, name: digest },
      ...tags.map((name) => ({ kind: 'tag' as const, repository: own, name })),
    ];
    const changes = keys.map((key) => ({ key, held: undefined }));
    const answer = await this.#pusher.change('DELETE manifest', changes, () => api.deleteManifest(own, digest));
    this.#require(answer.status, isKept ? [202] : [202, 404], 'manifest', digest);
    for (const reference of [digest, ...tags]) {
      const kind = reference === digest ? 'manifest' : 'tag';
      this.#require((await api.headManifest(own, reference)).status, [404], kind, reference);
    }
    const again = world.catalogue.find(digest);
    if (again !== undefined && random.chance(0.3)) await this.#pusher.push(own, again, random.chance(0.5) ? [random.pick(OWN_TAGS)] : []);
  }

  async deleteBlob(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const digest = random.pickFrom(world.ledger.names('blob', own));
    if (digest === undefined) return;
    const key = { kind: 'blob' as const, repository: own, name: digest };
    const isNeeded = keptManifests(world, own).some((manifest) => manifest.blobs.some((blob) => blob.descriptor.digest === digest));
    const isThere = world.ledger.isCertain(key);
    const answer = await this.#pusher.change('DELETE blob', [{ key, held: undefined }], () => api.deleteBlob(own, digest));
    if (isNeeded) this.#require(answer.status, [405], 'blob', digest);
    else if (!isThere) this.#require(answer.status, [404], 'blob', digest);
    else if (world.untaggedMs !== undefined) this.#require(answer.status, [202, 404, 405], 'blob', digest);
    else this.#require(answer.status, world.graceMs === undefined ? [202] : [202, 404], 'blob', digest);
  }

  /** Even numbers are never deleted from the shared repository, odd ones never tagged there. */
  async pushShared(): Promise<void> {
    const { random, shared, world } = this.#options;
    await this.#pusher.push(shared, world.catalogue.image(2 * random.below(NUMBERS)), [random.pick(SHARED_TAGS)]);
  }

  async pushLoose(): Promise<void> {
    const { random, shared, world } = this.#options;
    await this.#pusher.push(shared, world.catalogue.image(1 + 2 * random.below(5)), []);
  }

  async deleteLoose(): Promise<void> {
    const { api, random, shared, world } = this.#options;
    const name = world.catalogue.image(1 + 2 * random.below(5)).blob.descriptor.digest;
    const changes = [{ key: { kind: 'manifest' as const, repository: shared, name }, held: undefined }];
    const answer = await this.#pusher.change('DELETE manifest', changes, () => api.deleteManifest(shared, name));
    this.#requireIn(shared, answer.status, [202, 404], 'manifest', name);
  }

  async deleteSharedTag(): Promise<void> {
    const { api, random, shared } = this.#options;
    const name = random.pick(SHARED_TAGS);
    const changes = [{ key: { kind: 'tag' as const, repository: shared, name }, held: undefined }];
    const answer = await this.#pusher.change('DELETE tag', changes, () => api.deleteManifest(shared, name));
    this.#requireIn(shared, answer.status, [202, 404], 'tag', name);
  }

  /** Asks for blobs, or mounts them, when their grace is nearly over, and pushes their manifest when it would have been. */
  async pushLate(): Promise<void> {
    const { api, own, random, shared, world } = this.#options;
    const { graceMs } = world;
    if (graceMs === undefined || graceMs < MIN_LATE_GRACE_MS) return;
    this.#singles += 1;
    const manifest = world.catalogue.single(`${own} ${this.#options.random.below(1_000_000)} ${this.#singles}`);
    for (const blob of manifest.blobs) await this.#pusher.upload(own, blob);
    await delay(graceMs * (0.55 + 0.4 * (random.below(100) / 100)));
    const promise = this.#pusher.startPromise();
    const target = random.chance(0.3) ? shared : own;
    for (const blob of manifest.blobs) {
      if (target === shared) await this.#pusher.mount(shared, blob, own);
      else if ((await api.headBlob(own, blob.descriptor.digest)).status !== 200) return;
    }
    await delay(random.below(graceMs - LATE_MARGIN_MS));
    const stored = await this.#pusher.putPromised(target, { manifest, tags: [], promise });
    count(world, stored ? 'pushed late' : 'pushed too late');
  }

  /** Begins an upload that nobody finishes: a restart has to know how far it came. */
  async leaveUpload(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const bytes = world.catalogue.loose(random.below(1_000_000));
    let location = await startUpload(api, own);
    const upload = { repository: own, location: pathOf(location), bytes, acknowledgedBytes: 0 };
    world.openUploads.add(upload);
    for (let chunk = random.below(3); chunk > 0; chunk -= 1) {
      const start = upload.acknowledgedBytes;
      location = await sendChunk(api, location, start, bytes.subarray(start, start + LEFT_CHUNK_BYTES));
      upload.acknowledgedBytes = start + LEFT_CHUNK_BYTES;
    }
  }

  async pull(): Promise<void> {
    const { own, random, world } = this.#options;
    const manifest = random.pickFrom(keptManifests(world, own));
    if (manifest !== undefined) await this.#pullWhole(own, manifest);
  }

  async pullShared(): Promise<void> {
    const { api, random, shared, world } = this.#options;
    const tag = random.pick(SHARED_TAGS);
    const answer = await api.getManifest(shared, tag);
    this.#requireIn(shared, answer.status, [200, 404], 'tag', tag);
    if (answer.status === 404) return;
    const digest = String(answer.headers['docker-content-digest']);
    const manifest = world.catalogue.find(digest);
    if (manifest === undefined || !isWhole(answer.body, digest)) throw new Error(`Tag "${tag}" gave bytes that nobody pushed: ${digest}`);
    // The tag may have moved meanwhile, and an untagged manifest may go.
    if (world.untaggedMs === undefined) await this.#pullWhole(shared, manifest);
  }

  async #pullWhole(repository: string, manifest: TrialManifest): Promise<void> {
    const { api } = this.#options;
    const { digest } = manifest.blob.descriptor;
    const answer = await api.getManifest(repository, digest);
    this.#requireIn(repository, answer.status, [200], 'manifest', digest);
    if (!answer.body.equals(manifest.blob.bytes)) throw new Error(`Manifest ${digest} came back with other bytes`);
    for (const blob of manifest.blobs) {
      const got = await api.getBlob(repository, blob.descriptor.digest);
      this.#requireIn(repository, got.status, [200], 'blob', blob.descriptor.digest);
      if (!got.body.equals(blob.bytes)) throw new Error(`Blob ${blob.descriptor.digest} came back with other bytes`);
    }
  }

  /** Manifests that no index lists. */
  #deletable(): string[] {
    const { own, world } = this.#options;
    const present = world.ledger
      .names('manifest', own)
      .filter((name) => world.ledger.isCertain({ kind: 'manifest', repository: own, name }));
    return present.filter((digest) => parentsOf(world, own, digest).length === 0);
  }

  #number(): number {
    return this.#options.firstNumber + this.#options.random.below(NUMBERS);
  }

  #require(status: number, allowed: readonly number[], kind: ObjectKind, name: string): void {
    this.#requireIn(this.#options.own, status, allowed, kind, name);
  }

  #requireIn(repository: string, status: number, allowed: readonly number[], kind: ObjectKind, name: string): void {
    if (allowed.includes(status)) return;
    const { ledger } = this.#options.world;
    throw new Error(`${this.#options.who} got ${status}, not ${allowed.join(' or ')}:\n${ledger.story({ kind, repository, name })}`);
  }
}

function pathOf(location: string): string {
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
}
