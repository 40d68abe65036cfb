import { parseTagName } from '@slipway/oci';
import { buildImage, buildIndex, randomBlob } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectingSink } from '../testing/collecting-sink.ts';
import { type FakeRegistry, firstTimes, startFakeRegistry, type TestClient, testClient } from '../testing/fake-registry.ts';
import { descriptorOf, fixtureSource } from '../testing/fixture-source.ts';
import { type FetchImageOptions, fetchImage } from './fetch-image.ts';
import { pushImage } from './push-image.ts';
import { SharedTransfers } from './shared-transfers.ts';

const latest = parseTagName('latest');
const image = buildImage({ layers: Array.from({ length: 8 }, (_, seed) => randomBlob(50_000, seed)) });
const [layer = image.config] = image.layers;
let registry: FakeRegistry;
let user: TestClient;

beforeEach(async () => {
  registry = await startFakeRegistry();
  user = testClient();
  await pushImage({ source: fixtureSource(image), target: user.repository(registry), image: descriptorOf(image.manifest), tags: [latest] });
  registry.log.splice(0);
});

afterEach(async () => {
  user[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

function fetch(options: Partial<FetchImageOptions> & Pick<FetchImageOptions, 'sink'>) {
  return fetchImage({ source: user.repository(registry), name: latest, platform: 'all', ...options });
}

function blobGets(): string[] {
  return registry.log.filter((line) => /^GET .*\/blobs\//.test(line));
}

describe('fetchImage()', () => {
  test('fetches each blob once for calls at the same time that share a sink', async () => {
    const sink = collectingSink();
    const shared = new SharedTransfers();
    await Promise.all(Array.from({ length: 5 }, async () => await fetch({ sink, shared })));
    expect(blobGets()).toHaveLength(9);
    expect(new Set(sink.writes).size).toBe(sink.writes.length);
  });

  test('lets no more blobs travel at once than it may', async () => {
    let [active, most] = [0, 0];
    registry.rules.push(async (request, response) => {
      if (!/^GET .*\/blobs\//.test(`${request.method} ${request.url}`)) return false;
      active += 1;
      most = Math.max(most, active);
      response.once('close', () => (active -= 1));
      await new Promise(setImmediate);
      return false;
    });
    await fetch({ sink: collectingSink(), concurrency: 2 });
    expect(most).toBeLessThanOrEqual(2);
  });

  test('asks nothing but HEAD for what the sink has', async () => {
    const sink = collectingSink();
    await fetch({ sink });
    registry.log.splice(0);
    await fetch({ sink });
    expect(registry.log).toEqual(['HEAD /v2/team/app/manifests/latest']);
  });

  test('fetches a blob again that was damaged on its way', async () => {
    const pattern = new RegExp(`^GET .*/blobs/${layer.descriptor.digest}`);
    registry.rules.push(firstTimes(1, pattern, (_, response) => response.end(Buffer.alloc(layer.bytes.length)).writableEnded));
    const sink = collectingSink();
    await fetch({ sink });
    expect(sink.contents.get(layer.descriptor.digest)?.equals(layer.bytes)).toBe(true);
  });

  test('fetches a blob again whose answer was cut short, and said so, once', async () => {
    const pattern = new RegExp(`^GET .*/blobs/${layer.descriptor.digest}`);
    const short = layer.bytes.subarray(0, 10);
    registry.rules.push(firstTimes(1, pattern, (_, response) => response.setHeader('content-length', 10).end(short).writableEnded));
    const sink = collectingSink();
    await fetch({ sink });
    expect(sink.contents.get(layer.descriptor.digest)?.equals(layer.bytes)).toBe(true);
    registry.rules.push(firstTimes(9, pattern, (_, response) => response.setHeader('content-length', 10).end(short).writableEnded));
    registry.log.splice(0);
    await expect(fetch({ sink: collectingSink() })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(registry.log.filter((line) => pattern.test(line))).toHaveLength(2);
  });

  test('keeps neither a damaged blob nor the manifest that needs it', async () => {
    registry.blobs.set(layer.descriptor.digest, Buffer.alloc(layer.bytes.length));
    const sink = collectingSink();
    await expect(fetch({ sink })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(sink.contents.has(layer.descriptor.digest)).toBe(false);
    expect(sink.contents.has(image.manifest.descriptor.digest)).toBe(false);
  });

  test('leaves digests to a sink that verifies them', async () => {
    const damaged = Buffer.alloc(layer.bytes.length);
    registry.blobs.set(layer.descriptor.digest, damaged);
    const sink = { ...collectingSink(), verifiesDigests: true };
    await fetch({ sink });
    expect(sink.contents.get(layer.descriptor.digest)?.equals(damaged)).toBe(true);
  });

  test('has ended all work when it rejects', async () => {
    registry.blobs.delete(image.layers[3]?.descriptor.digest ?? '');
    let [started, ended] = [0, 0];
    const sink = collectingSink();
    const write = sink.write.bind(sink);
    sink.write = async (descriptor, content, options) => {
      started += 1;
      await write(descriptor, content, options).finally(() => (ended += 1));
    };
    await expect(fetch({ sink })).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
    expect(ended).toBe(started);
  });

  test('goes on for those who share a transfer when the one who began gives up', async () => {
    const sink = collectingSink();
    const shared = new SharedTransfers();
    const abort = new AbortController();
    registry.rules.push(
      firstTimes(1, /^GET .*\/blobs\//, () => {
        abort.abort(new Error('enough'));
        return false;
      }),
    );
    const outcomes = await Promise.allSettled([fetch({ sink, shared, signal: abort.signal }), fetch({ sink, shared })]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(sink.contents.size).toBe(10);
  });

  test('refuses indexes without end', async () => {
    let top = buildIndex([image]).manifest;
    for (let depth = 0; depth < 20; depth++) {
      registry.manifests.set(top.descriptor.digest, { bytes: top.bytes, mediaType: top.descriptor.mediaType });
      top = buildIndex([{ ...image, manifest: top }], { annotations: { depth: String(depth) } }).manifest;
    }
    registry.manifests.set(top.descriptor.digest, { bytes: top.bytes, mediaType: top.descriptor.mediaType });
    const sink = collectingSink();
    await expect(fetch({ sink, name: descriptorOf({ descriptor: top.descriptor }).digest })).rejects.toThrow('nested more than 12 deep');
    expect(sink.writes).toEqual([]);
  });
});
