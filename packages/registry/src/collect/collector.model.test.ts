import { mountBlob, pushBlob } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { blob, EMPTY_JSON, imageOf, indexOf } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

const GRACE_SECONDS = 100;
const GRACE_MS = GRACE_SECONDS * 1000;
const REPOSITORIES = ['r/one', 'r/two', 'r/three'] as const;
const TAGS = ['a', 'b'] as const;
const BLOBS = Array.from({ length: 5 }, (_, at) => blob(`model blob ${at}`));
const STEPS = 80;

interface ModelManifest {
  readonly content: ReturnType<typeof imageOf>;
  /** Digests of blobs and manifests that it needs. */
  readonly needs: readonly string[];
}

interface ModelRepository {
  readonly manifests: Map<string, ModelManifest>;
  readonly tags: Map<string, string>;
  /** When a blob was last promised to be here. */
  readonly promises: Map<string, number>;
}

/** What a registry promises, without what it does about it. */
class Model {
  readonly repositories = new Map<string, ModelRepository>(
    REPOSITORIES.map((name) => [name, { manifests: new Map(), tags: new Map(), promises: new Map() }]),
  );

  of(name: string): ModelRepository {
    const repository = this.repositories.get(name);
    if (repository === undefined) throw new Error(`The model has no repository ${name}`);
    return repository;
  }

  /** Whether the blob must be in the repository: needed, or promised within the grace period. */
  hasForSure(name: string, digest: string, now: number): boolean {
    const { promises } = this.of(name);
    return this.isNeeded(name, digest) || now - (promises.get(digest) ?? Number.NEGATIVE_INFINITY) < GRACE_MS;
  }

  isNeeded(name: string, digest: string): boolean {
    return [...this.of(name).manifests.values()].some((manifest) => manifest.needs.includes(digest));
  }

  reachableBlobs(): Set<string> {
    const needed = REPOSITORIES.flatMap((name) => [...this.of(name).manifests.values()].flatMap((manifest) => manifest.needs));
    const known = new Set([EMPTY_JSON, ...BLOBS].map(({ descriptor }) => descriptor.digest));
    return new Set(needed.filter((digest) => known.has(digest)));
  }
}

/** Numbers from a seed (mulberry32). */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { chance: next, pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T };
}

class Trial {
  readonly #test: TestRegistry;
  readonly #model = new Model();
  readonly #random: ReturnType<typeof createRandom>;
  #made = 0;

  constructor(test: TestRegistry, seed: number) {
    this.#test = test;
    this.#random = createRandom(seed);
  }

  async step(): Promise<void> {
    const steps = [
      this.#pushBlob,
      this.#pushBlob,
      this.#mount,
      this.#head,
      this.#pushImage,
      this.#pushImage,
      this.#pushIndex,
      this.#retag,
      this.#deleteTag,
      this.#deleteManifest,
      this.#deleteBlob,
      this.#wait,
      this.#collect,
    ];
    await this.#random.pick(steps).call(this, this.#random.pick(REPOSITORIES));
  }

  /** Checks that what nobody deleted reads back byte for byte, also after the grace period. Resolves to the blobs then on disk and those that may be. */
  async finish(): Promise<{ readonly onDisk: Set<string>; readonly reachable: Set<string> }> {
    await this.#checkReadable();
    await this.#test.clock.advance(GRACE_MS);
    await this.#collect();
    await this.#checkReadable();
    const onDisk = new Set<string>();
    for await (const { digest } of this.#test.blobs.walk()) onDisk.add(digest);
    return { onDisk, reachable: this.#model.reachableBlobs() };
  }

  async #checkReadable(): Promise<void> {
    const { api } = this.#test;
    const bytesOf = new Map([EMPTY_JSON, ...BLOBS].map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
    for (const name of REPOSITORIES) {
      const { manifests, tags } = this.#model.of(name);
      for (const [digest, { content, needs }] of manifests) {
        expect((await api.getManifest(name, digest)).body).toEqual(content.bytes);
        for (const needed of needs) {
          const bytes = bytesOf.get(needed);
          if (bytes !== undefined) expect((await api.getBlob(name, needed)).body).toEqual(bytes);
        }
      }
      for (const [tag, digest] of tags) expect((await api.headManifest(name, tag)).headers['docker-content-digest']).toBe(digest);
    }
  }

  get #now(): number {
    return this.#test.clock.now();
  }

  async #pushBlob(name: string): Promise<void> {
    const content = this.#random.pick([EMPTY_JSON, ...BLOBS]);
    await pushBlob(this.#test.api, name, content, { way: 'post' });
    this.#model.of(name).promises.set(content.descriptor.digest, this.#now);
  }

  async #mount(name: string): Promise<void> {
    const { digest } = this.#random.pick(BLOBS).descriptor;
    const from = this.#random.pick(REPOSITORIES);
    const isThere = this.#model.hasForSure(from, digest, this.#now);
    const { status } = await mountBlob(this.#test.api, name, digest, from);
    if (isThere) expect(status).toBe(201);
    if (status === 201) this.#model.of(name).promises.set(digest, this.#now);
  }

  async #head(name: string): Promise<void> {
    const { digest } = this.#random.pick(BLOBS).descriptor;
    const isThere = this.#model.hasForSure(name, digest, this.#now);
    const { status } = await this.#test.api.headBlob(name, digest);
    if (isThere) expect(status).toBe(200);
    if (status === 200) this.#model.of(name).promises.set(digest, this.#now);
  }

  async #pushImage(name: string): Promise<void> {
    const layers = BLOBS.filter(() => this.#random.chance() < 0.4).map(({ descriptor }) => descriptor);
    const variant = String(Math.floor(this.#random.chance() * 2));
    const image = imageOf({ layers, annotations: { variant } });
    await this.#putManifest(name, { content: image, needs: [EMPTY_JSON.descriptor, ...layers].map((descriptor) => descriptor.digest) });
  }

  async #pushIndex(name: string): Promise<void> {
    const known = [...this.#model.of(name).manifests.values()];
    const children = known.filter(() => this.#random.chance() < 0.5).map(({ content }) => content.descriptor);
    this.#made += 1;
    const index = indexOf(children, { annotations: { made: String(this.#made) } });
    await this.#putManifest(name, { content: index, needs: children.map((child) => child.digest) });
  }

  async #putManifest(name: string, manifest: ModelManifest): Promise<void> {
    const { manifests, tags } = this.#model.of(name);
    const { digest } = manifest.content.descriptor;
    const mustBeThere = manifest.needs.every((needed) => manifests.has(needed) || this.#model.hasForSure(name, needed, this.#now));
    const tag = this.#random.chance() < 0.5 ? this.#random.pick(TAGS) : undefined;
    const { status } = await this.#test.api.putManifest(name, tag ?? digest, manifest.content);
    expect(mustBeThere ? [201] : [201, 400]).toContain(status);
    if (status !== 201) return;
    manifests.set(digest, manifest);
    if (tag !== undefined) tags.set(tag, digest);
  }

  async #retag(name: string): Promise<void> {
    const manifest = this.#random.pick([...this.#model.of(name).manifests.values()]);
    if (manifest !== undefined) await this.#putManifest(name, manifest);
  }

  async #deleteTag(name: string): Promise<void> {
    const tag = this.#random.pick(TAGS);
    const { tags } = this.#model.of(name);
    expect((await this.#test.api.deleteManifest(name, tag)).status).toBe(tags.delete(tag) ? 202 : 404);
  }

  async #deleteManifest(name: string): Promise<void> {
    const { manifests, tags, promises } = this.#model.of(name);
    const digest = this.#random.pick([...manifests.keys()]);
    if (digest === undefined) return;
    expect((await this.#test.api.deleteManifest(name, digest)).status).toBe(202);
    for (const needed of manifests.get(digest)?.needs ?? []) promises.set(needed, this.#now);
    manifests.delete(digest);
    for (const [tag, target] of tags) if (target === digest) tags.delete(tag);
  }

  async #deleteBlob(name: string): Promise<void> {
    const { digest } = this.#random.pick(BLOBS).descriptor;
    const isNeeded = this.#model.isNeeded(name, digest);
    const { status } = await this.#test.api.deleteBlob(name, digest);
    expect(isNeeded ? [405] : [202, 404]).toContain(status);
    if (status === 202) this.#model.of(name).promises.delete(digest);
  }

  async #wait(): Promise<void> {
    await this.#test.clock.advance(1000 * Math.ceil(this.#random.chance() * GRACE_SECONDS * 0.7));
  }

  async #collect(): Promise<void> {
    const preview = await this.#test.collect({ graceSeconds: GRACE_SECONDS, dryRun: true });
    const report = await this.#test.collect({ graceSeconds: GRACE_SECONDS });
    expect({ ...report, dryRun: true }).toEqual(preview);
    expect(report).toMatchObject({ manifests: 0, orphans: 0 });
  }
}

describe('garbage collection against a model', () => {
  it.each([1, 2])('keeps what nobody deleted and frees the rest, seed %i', { timeout: 60_000 }, async (seed) => {
    await using test = await openTestRegistry();
    const trial = new Trial(test, seed);
    for (let step = 0; step < STEPS; step += 1) await trial.step();
    const { onDisk, reachable } = await trial.finish();
    expect(onDisk).toEqual(reachable);
  });
});
