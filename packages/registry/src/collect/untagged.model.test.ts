import { FakeClock, pushBlob } from '@slipway/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blob, EMPTY_JSON, imageOf, indexOf, pushImage } from '../testing/manifest-fixtures.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-test-registry.ts';

/** One manifest of a random graph; numbers point at manifests before it. */
interface Node {
  readonly children: readonly number[];
  readonly subject: number | undefined;
  readonly isTagged: boolean;
  readonly isLater: boolean;
}

const node = fc.record({
  children: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 2 }),
  subject: fc.option(fc.nat({ max: 7 }), { nil: undefined, freq: 2 }),
  isTagged: fc.boolean(),
  isLater: fc.boolean(),
});

const AGE_SECONDS = 1000;
let graphs = 0;

/** Pushes the graph into a repository of its own, a part of it later than `AGE_SECONDS` before now. */
async function pushGraph(test: TestRegistry, nodes: readonly Node[]) {
  graphs += 1;
  const name = `graph/g${graphs}`;
  await pushBlob(test.api, name, EMPTY_JSON);
  const manifests: ReturnType<typeof imageOf>[] = [];
  const edges = new Map<string, string[]>();
  for (const [at, { children, subject, isTagged, isLater }] of nodes.entries()) {
    if (isLater) await test.clock.advance(AGE_SECONDS * 200);
    const below = children.map((child) => manifests[child]).filter((child) => child !== undefined);
    const about = subject === undefined ? undefined : manifests[subject]?.descriptor;
    const more = { annotations: { name, at: String(at) }, ...(about && { subject: about }) };
    const layer = blob(`${name} ${at}`);
    await pushBlob(test.api, name, layer);
    const manifest =
      below.length === 0
        ? imageOf({ layers: [layer.descriptor], ...more })
        : indexOf(
            below.map((child) => child.descriptor),
            more,
          );
    const { digest } = manifest.descriptor;
    await test.api.pushManifest(name, isTagged ? `t${at}` : digest, manifest);
    manifests.push(manifest);
    edges.set(
      digest,
      below.map((child) => child.descriptor.digest),
    );
  }
  return { name, manifests, edges };
}

describe('untagged manifests against any graph', () => {
  it('a dry run counts what a real run takes, and what stays keeps its children', { timeout: 60_000 }, async () => {
    await using test = await openTestRegistry();
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, AGE_SECONDS),
        fc.constantFrom(0, 500),
        async (nodes, untaggedOlderThanSeconds, graceSeconds) => {
          const { name, manifests, edges } = await pushGraph(test, nodes);
          await test.clock.advance(AGE_SECONDS * 500);
          const options = { untaggedOlderThanSeconds, graceSeconds };
          const preview = await test.collect({ ...options, dryRun: true });
          const report = await test.collect(options);
          expect({ ...report, dryRun: true }).toEqual(preview);
          for (const [at, { descriptor }] of manifests.entries()) {
            const { status } = await test.api.headManifest(name, descriptor.digest);
            if (nodes[at]?.isTagged) expect(status).toBe(200);
            if (status !== 200) continue;
            for (const child of edges.get(descriptor.digest) ?? []) expect((await test.api.headManifest(name, child)).status).toBe(200);
          }
          expect(await test.collect(options)).toMatchObject({ manifests: 0 });
        },
      ),
      { numRuns: 10 },
    );
  });

  it('a run frees what it untied, though the clock goes on meanwhile', async () => {
    await using test = await openTestRegistry({ clock: new TickingClock() });
    const { image } = await pushImage(test.api, { repository: 'team/app', text: 'ticking' });
    const index = indexOf([image.descriptor]);
    await test.api.pushManifest('team/app', index.descriptor.digest, index);
    const options = { untaggedOlderThanSeconds: 0, graceSeconds: 0 };
    expect(await test.collect({ ...options, dryRun: true })).toMatchObject({ manifests: 2, memberships: 2, blobs: 2 });
    expect(await test.collect(options)).toMatchObject({ manifests: 2, memberships: 2, blobs: 2 });
  });
});

/** Every look at it takes a millisecond. */
class TickingClock extends FakeClock {
  #looks = 0;

  override now(): number {
    this.#looks += 1;
    return super.now() + this.#looks;
  }
}
