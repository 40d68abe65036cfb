import {
  expectStatus,
  type FixtureBlob,
  finishUpload,
  mountBlob,
  type PushWay,
  pushBlob,
  type RegistryResponse,
  sha256Of,
} from '@slipway/testkit';
import type { Change } from './change-ledger.ts';
import { doubtUnkept, isBlobKept } from './kept-content.ts';
import type { RandomChoice } from './random-choice.ts';
import { ServerGoneError, type TrialApi } from './trial-api.ts';
import type { TrialManifest } from './trial-catalogue.ts';
import { count, pushCountOf, type TrialWorld } from './trial-world.ts';

export interface ContentPusherOptions {
  readonly world: TrialWorld;
  readonly api: TrialApi;
  readonly who: string;
  /** Where blobs may be mounted from. */
  readonly peers: readonly string[];
  readonly random: RandomChoice;
}

/** Since when a client relies on blobs, and what grace period they had then. */
export interface BlobPromise {
  readonly beganAt: number;
  readonly graceMs: number | undefined;
}

export interface PromisedManifest {
  readonly manifest: TrialManifest;
  readonly tags: readonly string[];
  readonly promise: BlobPromise;
}

const WAYS: readonly [PushWay, ...PushWay[]] = ['put', 'post', 'stream', 'chunks'];
const ATTEMPTS = 12;

/** A promise is renewed only when it is older than 250 ms; the rest is what two busy clocks may differ. */
const SLACK_MS = 400;

/** Pushes content as clients do, and enters in the ledger what was asked for and what was answered. */
export class ContentPusher {
  readonly #options: ContentPusherOptions;

  constructor(options: ContentPusherOptions) {
    this.#options = options;
  }

  /** Pushes all that a manifest needs, then the manifest. Resolves to false when garbage collection was allowed to win, every time. */
  async push(repository: string, manifest: TrialManifest, tags: readonly string[]): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const promise = this.startPromise();
      for (const child of manifest.children) if (!(await this.push(repository, child, []))) return false;
      for (const blob of manifest.blobs) await this.#pushBlob(repository, blob);
      if (await this.putPromised(repository, { manifest, tags, promise })) return true;
    }
    return false;
  }

  /** From now on the server answers for the blobs that it says it has. */
  startPromise(): BlobPromise {
    return { beganAt: performance.now(), graceMs: this.#options.world.graceMs };
  }

  /** Puts a manifest whose blobs are promised. Resolves to false when the promise was over; rejects when it was broken. */
  async putPromised(repository: string, { manifest, tags, promise }: PromisedManifest): Promise<boolean> {
    const { world } = this.#options;
    const answer = await this.putManifest(repository, manifest, tags);
    if (answer.status === 201) return true;
    const tookMs = performance.now() - promise.beganAt;
    const bounds = [promise.graceMs, world.graceMs, world.untaggedMs].filter((bound) => bound !== undefined);
    const promisedMs = Math.min(Number.POSITIVE_INFINITY, ...bounds);
    if (!isBlobUnknown(answer) || tookMs < promisedMs - SLACK_MS) {
      throw new Error(this.#complain(`was refused after ${Math.round(tookMs)} ms of ${promisedMs}`, repository, manifest, answer));
    }
    count(world, 'push overtaken by garbage collection');
    return false;
  }

  /** By digest without a tag, by tag with one, by digest with `?tag=` for several. */
  async putManifest(repository: string, { blob }: TrialManifest, tags: readonly string[]): Promise<RegistryResponse> {
    const { digest, mediaType } = blob.descriptor;
    const query = tags.length > 1 ? `?${tags.map((tag) => `tag=${tag}`).join('&')}` : '';
    const path = `/v2/${repository}/manifests/${tags.length === 1 ? tags[0] : digest}${query}`;
    const request = { method: 'PUT', path, headers: { 'content-type': mediaType }, body: blob.bytes };
    const counts = pushCountOf(this.#options.world, repository);
    const changes: Change[] = [
      { key: { kind: 'manifest', repository, name: digest }, held: digest },
      ...tags.map((name) => ({ key: { kind: 'tag' as const, repository, name }, held: digest })),
    ];
    try {
      const answer = await this.change(`PUT ${path}`, changes, () => this.#options.api.send(request));
      if (answer.status === 201) counts.acknowledged += 1;
      return answer;
    } catch (error) {
      counts.lost += 1;
      throw error;
    }
  }

  /** Sends a request that changes objects. A status below 300 makes it acknowledged, any other refused. */
  async change(text: string, changes: readonly Change[], work: () => Promise<RegistryResponse>): Promise<RegistryResponse> {
    const { world, who } = this.#options;
    for (const repository of new Set(changes.map(({ key }) => key.repository))) doubtUnkept(world, repository);
    const operation = world.ledger.begin(`${who}: ${text}`, changes);
    try {
      const answer = await work();
      if (answer.status < 300) world.ledger.acknowledge(operation);
      else world.ledger.refuse(operation, `${answer.status} ${answer.body.toString().slice(0, 300)}`);
      return answer;
    } catch (error) {
      world.ledger.lose(operation);
      throw error;
    }
  }

  async #pushBlob(repository: string, blob: FixtureBlob): Promise<void> {
    const { api, peers, random, world } = this.#options;
    const { digest } = blob.descriptor;
    const mustHave = isBlobKept(world, repository, digest);
    if (mustHave && random.chance(0.2)) return;
    if (random.chance(0.7)) {
      const head = await api.headBlob(repository, digest);
      if (head.status === 200) {
        count(world, 'HEAD then skip');
        return;
      }
      if (head.status !== 404 || mustHave) {
        const story = world.ledger.story({ kind: 'blob', repository, name: digest });
        throw new Error(`HEAD of a blob that must be there answered ${head.status}:\n${story}`);
      }
    }
    const from = random.chance(0.35) ? random.pickFrom(peers) : undefined;
    if (from === undefined) await this.upload(repository, blob);
    else await this.mount(repository, blob, from);
  }

  async upload(repository: string, blob: FixtureBlob): Promise<void> {
    const { api, random, world } = this.#options;
    const way = random.pick(WAYS);
    count(world, `push by ${way}`);
    await this.change(`push blob by ${way}`, [present(repository, blob)], () => pushBlob(api, repository, blob, { way }));
  }

  /** Mounts the blob, or uploads it when it is not in `from`. */
  async mount(repository: string, blob: FixtureBlob, from: string): Promise<void> {
    const { api, world } = this.#options;
    const { digest } = blob.descriptor;
    await this.change(`mount blob from ${from}`, [present(repository, blob)], async () => {
      const answer = await mountBlob(api, repository, digest, from);
      count(world, answer.status === 201 ? 'mount' : 'mount refused');
      if (answer.status === 201) return answer;
      expectStatus(answer, 202, 'mount a blob');
      return await finishUpload(api, new URL(answer.headers.location ?? '', api.origin).href, digest, blob.bytes);
    });
  }

  #complain(text: string, repository: string, manifest: TrialManifest, answer: RegistryResponse): string {
    const { ledger } = this.#options.world;
    const stories = [
      ledger.story({ kind: 'manifest', repository, name: manifest.blob.descriptor.digest }),
      ...manifest.blobs.map((blob) => ledger.story({ kind: 'blob', repository, name: blob.descriptor.digest })),
      ...manifest.children.map((child) => ledger.story({ kind: 'manifest', repository, name: child.blob.descriptor.digest })),
    ];
    return `A push ${text}: ${answer.status} ${answer.body.toString()}\n${stories.join('\n')}`;
  }
}

function present(repository: string, { descriptor }: FixtureBlob): Change {
  return { key: { kind: 'blob', repository, name: descriptor.digest }, held: descriptor.digest };
}

/** Whether the bytes are those of the digest. */
export function isWhole(bytes: Uint8Array, digest: string): boolean {
  return sha256Of(bytes) === digest;
}

export function isGone(error: unknown): boolean {
  return error instanceof ServerGoneError;
}

function isBlobUnknown(answer: RegistryResponse): boolean {
  return answer.status === 400 && answer.body.includes('MANIFEST_BLOB_UNKNOWN');
}
