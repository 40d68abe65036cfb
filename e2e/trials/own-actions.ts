import { setTimeout as delay } from 'node:timers/promises';
import { sendChunk, startUpload } from '@slipway/testkit';
import { type ActionParts, pullWhole, requireStatus } from './action-parts.ts';
import type { ObjectKind } from './change-ledger.ts';
import { isManifestKept, keptManifests, parentsOf } from './kept-content.ts';
import { count } from './trial-world.ts';

const OWN_TAGS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7'] as const;
const NUMBERS = 30;
const MIN_LATE_GRACE_MS = 1000;
const LATE_MARGIN_MS = 450;
const HOT = 3;
const HOT_TIMES = 6;
const LEFT_CHUNK_BYTES = 16_000;

/** What a client does in the repository that only it changes: it knows what has to be there. */
export class OwnActions {
  readonly #options: ActionParts;
  #singles = 0;

  constructor(options: ActionParts) {
    this.#options = options;
  }

  async pushImage(): Promise<void> {
    const { own, random, world } = this.#options;
    const tags = OWN_TAGS.filter(() => random.chance(0.15));
    await this.#options.pusher.push(own, world.catalogue.image(this.#number()), tags);
  }

  async pushIndex(): Promise<void> {
    const { own, random, world } = this.#options;
    await this.#options.pusher.push(own, world.catalogue.index(this.#number()), random.chance(0.7) ? [random.pick(OWN_TAGS)] : []);
  }

  async pushReferrer(): Promise<void> {
    const { own, random, world } = this.#options;
    const subject = random.pickFrom(keptManifests(world, own).filter((manifest) => manifest.subject === undefined));
    if (subject !== undefined) await this.#options.pusher.push(own, world.catalogue.referrer(random.below(3), subject), []);
  }

  async moveTag(): Promise<void> {
    const { own, random, world } = this.#options;
    const manifest = random.pickFrom(keptManifests(world, own));
    if (manifest === undefined) return;
    const tags = OWN_TAGS.filter(() => random.chance(0.25));
    const answer = await this.#options.pusher.putManifest(own, manifest, tags);
    this.#require(answer.status, [201], 'manifest', manifest.blob.descriptor.digest);
  }

  async deleteTag(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const name = random.pick(OWN_TAGS);
    const key = { kind: 'tag' as const, repository: own, name };
    const isThere = world.ledger.isCertain(key);
    const answer = await this.#options.pusher.change(`DELETE tag`, [{ key, held: undefined }], () => api.deleteManifest(own, name));
    this.#require(answer.status, [isThere ? 202 : 404], 'tag', name);
  }

  async deleteManifest(): Promise<void> {
    const { own, random, world } = this.#options;
    const digest = random.pickFrom(this.#deletable());
    if (digest === undefined) return;
    await this.#delete(digest);
    const again = world.catalogue.find(digest);
    if (again !== undefined && random.chance(0.3))
      await this.#options.pusher.push(own, again, random.chance(0.5) ? [random.pick(OWN_TAGS)] : []);
  }

  async deleteBlob(): Promise<void> {
    const { api, own, random, world } = this.#options;
    const digest = random.pickFrom(world.ledger.names('blob', own));
    if (digest === undefined) return;
    const key = { kind: 'blob' as const, repository: own, name: digest };
    const isNeeded = keptManifests(world, own).some((manifest) => manifest.blobs.some((blob) => blob.descriptor.digest === digest));
    const isThere = world.ledger.isCertain(key);
    const answer = await this.#options.pusher.change('DELETE blob', [{ key, held: undefined }], () => api.deleteBlob(own, digest));
    if (isNeeded) this.#require(answer.status, [405], 'blob', digest);
    else if (!isThere) this.#require(answer.status, [404], 'blob', digest);
    else if (world.untaggedMs !== undefined) this.#require(answer.status, [202, 404, 405], 'blob', digest);
    else this.#require(answer.status, world.graceMs === undefined ? [202] : [202, 404], 'blob', digest);
  }

  /** Asks for blobs, or mounts them, when their grace is nearly over, and pushes their manifest when it would have been. */
  async pushLate(): Promise<void> {
    const { api, own, random, shared, world } = this.#options;
    const { graceMs } = world;
    if (graceMs === undefined || graceMs < MIN_LATE_GRACE_MS) return;
    this.#singles += 1;
    const manifest = world.catalogue.single(`${own} ${this.#options.random.below(1_000_000)} ${this.#singles}`);
    for (const blob of manifest.blobs) await this.#options.pusher.upload(own, blob);
    const leftMs = graceMs * (0.05 + 0.4 * (random.below(100) / 100));
    await delay(graceMs - leftMs);
    const promise = this.#options.pusher.startPromise();
    const target = random.chance(0.3) ? shared : own;
    for (const blob of manifest.blobs) {
      if (target === shared) await this.#options.pusher.mount(shared, blob, own);
      else if ((await api.headBlob(own, blob.descriptor.digest)).status !== 200) return;
    }
    await delay(Math.min(leftMs + random.below(400), graceMs - LATE_MARGIN_MS));
    const stored = await this.#options.pusher.putPromised(target, { manifest, tags: [], promise });
    count(world, stored ? 'pushed late' : 'pushed too late');
  }

  /** Uploads what all clients upload and delete all the time, so that a digest comes while it goes. */
  async pushHot(): Promise<void> {
    const { own, random, world } = this.#options;
    for (let times = HOT_TIMES; times > 0; times -= 1) {
      const manifest = world.catalogue.single(`hot ${random.below(HOT)}`);
      const promise = this.#options.pusher.startPromise();
      for (const blob of manifest.blobs) await this.#options.pusher.upload(own, blob);
      if (!(await this.#options.pusher.putPromised(own, { manifest, tags: [], promise }))) continue;
      if (world.untaggedMs === undefined) await pullWhole(this.#options, own, manifest);
      await this.#delete(manifest.blob.descriptor.digest);
    }
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
    if (manifest !== undefined) await pullWhole(this.#options, own, manifest);
  }

  async #delete(digest: string): Promise<void> {
    const { api, own, world } = this.#options;
    const isKept = isManifestKept(world, own, digest);
    const tags = OWN_TAGS.filter((name) => world.ledger.possible({ kind: 'tag', repository: own, name }).has(digest));
    const keys = [
      { kind: 'manifest' as const, repository: own, name: digest },
      ...tags.map((name) => ({ kind: 'tag' as const, repository: own, name })),
    ];
    const changes = keys.map((key) => ({ key, held: undefined }));
    const answer = await this.#options.pusher.change('DELETE manifest', changes, () => api.deleteManifest(own, digest));
    this.#require(answer.status, isKept ? [202] : [202, 404], 'manifest', digest);
    for (const reference of [digest, ...tags]) {
      const kind = reference === digest ? 'manifest' : 'tag';
      this.#require((await api.headManifest(own, reference)).status, [404], kind, reference);
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
    requireStatus(this.#options, status, { allowed, key: { kind, repository: this.#options.own, name } });
  }
}

function pathOf(location: string): string {
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
}
