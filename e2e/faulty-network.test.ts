import { buildImage, type FixtureImage, randomBlob } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FaultAction, planOf } from './faults/fault.ts';
import { randomFaults } from './faults/random-faults.ts';
import { NO_FAULTS, openSpoiledRegistries, type SpoiledRegistries } from './faults/spoiled-registries.ts';
import { checkContent, type SlipwayCommand } from './slipway-command.ts';

const BLOB = /\/blobs\/sha256:/;
const UPLOAD = /\/blobs\/uploads\//;
const MANIFEST = /\/manifests\//;
const SEED = Number(process.env['SLIPWAY_FAULT_SEED'] ?? 20_261_120);
const STORM_ROUNDS = Number(process.env['SLIPWAY_FAULT_ROUNDS'] ?? 6);

const TRANSIENT: readonly { readonly name: string; readonly fault: FaultAction }[] = [
  { name: 'a connection that ends before the answer', fault: { kind: 'cut-answer', afterBytes: -1 } },
  { name: 'a connection that ends within the answer', fault: { kind: 'cut-answer', afterBytes: 300_000 } },
  { name: 'a pause', fault: { kind: 'stall', afterBytes: 100_000, forMs: 1500 } },
  { name: '429 with Retry-After', fault: { kind: 'refuse', status: 429, retryAfterSeconds: 1 } },
  { name: '500', fault: { kind: 'refuse', status: 500 } },
  { name: '503', fault: { kind: 'refuse', status: 503 } },
  { name: 'an answer that is shorter than it should be', fault: { kind: 'truncate', toBytes: 250_000 } },
  { name: 'a bit that is another', fault: { kind: 'corrupt', atByte: 200_000 } },
];

describe('slipway over a network that fails', () => {
  let registries: SpoiledRegistries;
  let { target, proxy, sink, sinkProxy, openHome } = {} as SpoiledRegistries;
  let image: FixtureImage;
  let pushes = 0;

  beforeAll(async () => {
    registries = await openSpoiledRegistries();
    ({ target, proxy, sink, sinkProxy, openHome } = registries);
    image = largeImage('pulled');
    await target.api(target.admin).pushImage('faults/pulled', 'v1', image);
  });

  afterEach(() => {
    proxy.setPlan(NO_FAULTS);
    sinkProxy.setPlan(NO_FAULTS);
  });

  afterAll(async () => await registries?.[Symbol.asyncDispose]());

  const expectWhole = async (command: SlipwayCommand) => {
    const digests = await checkContent(command.home);
    for (const { descriptor } of [image.config, ...image.layers]) expect(digests).toContain(descriptor.digest);
    expect(await command.run('image', 'inspect', '--format', '{{.Id}}', `${proxy.url}/faults/pulled:v1`)).toBe(
      image.config.descriptor.digest,
    );
  };

  describe('pull', () => {
    test.each(TRANSIENT)('gets over $name in a blob', async ({ fault }) => {
      const command = await openHome();
      proxy.setPlan(planOf({ method: 'GET', path: BLOB, action: fault, times: 2 }));
      const before = proxy.done.get(fault.kind) ?? 0;
      await command.run('pull', `${proxy.url}/faults/pulled:v1`);
      expect(proxy.done.get(fault.kind) ?? 0).toBeGreaterThan(before);
      await expectWhole(command);
    });

    test('goes on where a blob broke off instead of beginning anew', async () => {
      const command = await openHome();
      const ranges: string[] = [];
      const cut = planOf({ method: 'GET', path: BLOB, action: { kind: 'cut-answer', afterBytes: 900_000 }, times: 3 });
      proxy.setPlan((request) => {
        if (request.range !== undefined) ranges.push(request.range);
        return cut(request);
      });
      await command.run('pull', `${proxy.url}/faults/pulled:v1`);
      expect(ranges.length).toBeGreaterThan(0);
      await expectWhole(command);
    });

    test('gets over failures on the way to the manifest', async () => {
      const command = await openHome();
      proxy.setPlan(planOf({ path: MANIFEST, action: { kind: 'refuse', status: 503 }, times: 2 }));
      await command.run('pull', `${proxy.url}/faults/pulled:v1`);
      await expectWhole(command);
    });

    test.each([
      { name: 'damages every blob', plan: planOf({ path: BLOB, action: { kind: 'corrupt', atByte: 1000 }, times: 1e6 }) },
      { name: 'refuses every blob', plan: planOf({ path: BLOB, action: { kind: 'refuse', status: 404 }, times: 1e6 }) },
      { name: 'damages every manifest', plan: planOf({ path: MANIFEST, action: { kind: 'corrupt', atByte: 20 }, times: 1e6 }) },
    ])('says what is wrong when the registry $name, and keeps nothing of it', async ({ plan }) => {
      const command = await openHome();
      proxy.setPlan(plan);
      const { code, stderr } = await command.attempt(['pull', `${proxy.url}/faults/pulled:v1`]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: \S/m);
      await checkContent(command.home);
      expect(await command.run('images', '-q')).toBe('');
      proxy.setPlan(NO_FAULTS);
      await command.run('pull', `${proxy.url}/faults/pulled:v1`);
      await expectWhole(command);
    });

    test(`comes right or says why in a storm (SLIPWAY_FAULT_SEED=${SEED})`, async () => {
      const outcomes = { right: 0, failed: 0 };
      for (let round = 0; round < STORM_ROUNDS; round++) {
        const command = await openHome();
        proxy.setPlan(randomFaults({ seed: SEED + round, share: 0.3 }));
        const { code, stderr } = await command.attempt(['pull', `${proxy.url}/faults/pulled:v1`]);
        proxy.setPlan(NO_FAULTS);
        await checkContent(command.home);
        if (code === 0) {
          outcomes.right++;
        } else {
          outcomes.failed++;
          expect(stderr).toMatch(/^Error: \S/m);
          await command.run('pull', `${proxy.url}/faults/pulled:v1`);
        }
        await expectWhole(command);
      }
      expect(outcomes.right).toBeGreaterThan(0);
    });
  });

  describe('push', () => {
    const PUSH_FAULTS: readonly { readonly name: string; readonly method: string; readonly path: RegExp; readonly fault: FaultAction }[] = [
      { name: 'an upload that is cut', method: 'PATCH', path: UPLOAD, fault: { kind: 'cut-request', afterBytes: 400_000 } },
      { name: 'an upload that is cut at its end', method: 'PUT', path: UPLOAD, fault: { kind: 'cut-answer', afterBytes: -1 } },
      { name: '500 to the start of an upload', method: 'POST', path: UPLOAD, fault: { kind: 'refuse', status: 500 } },
      { name: '429 to the start of an upload', method: 'POST', path: UPLOAD, fault: { kind: 'refuse', status: 429, retryAfterSeconds: 1 } },
      { name: '503 to a manifest', method: 'PUT', path: MANIFEST, fault: { kind: 'refuse', status: 503 } },
      { name: 'a lost answer to a manifest', method: 'PUT', path: MANIFEST, fault: { kind: 'cut-answer', afterBytes: -1 } },
    ];

    const expectPushed = async (repository: string) => {
      const api = sink.api(sink.admin);
      expect((await api.getManifest(repository, 'v1')).body.equals(image.manifest.bytes)).toBe(true);
      for (const { descriptor, bytes } of [image.config, ...image.layers]) {
        const { body } = await api.getBlob(repository, descriptor.digest);
        expect(body.equals(bytes), descriptor.digest).toBe(true);
      }
    };

    /** A home with the image under a name in a repository that nobody has pushed to. */
    const openPushHome = async () => {
      const command = await openHome();
      await command.run('pull', '--quiet', `${proxy.url}/faults/pulled:v1`);
      const repository = `faults/pushed-${pushes++}`;
      const name = `${sinkProxy.url}/${repository}:v1`;
      await command.run('tag', `${proxy.url}/faults/pulled:v1`, name);
      return { command, repository, name };
    };

    test.each(PUSH_FAULTS)('gets over $name', async ({ method, path, fault }) => {
      const { command, repository, name } = await openPushHome();
      const before = sinkProxy.done.get(fault.kind) ?? 0;
      sinkProxy.setPlan(planOf({ method, path, action: fault, times: 2 }));
      await command.run('push', name);
      expect(sinkProxy.done.get(fault.kind) ?? 0).toBeGreaterThan(before);
      sinkProxy.setPlan(NO_FAULTS);
      await expectPushed(repository);
    });

    test('says what is wrong when no upload ever gets through', async () => {
      const { command, repository, name } = await openPushHome();
      sinkProxy.setPlan(planOf({ path: UPLOAD, action: { kind: 'refuse', status: 400 }, times: 1e6 }));
      const { code, stderr } = await command.attempt(['push', name]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: \S/m);
      sinkProxy.setPlan(NO_FAULTS);
      await command.run('push', name);
      await expectPushed(repository);
    });

    test(`comes right or says why in a storm (SLIPWAY_FAULT_SEED=${SEED})`, async () => {
      for (let round = 0; round < STORM_ROUNDS; round++) {
        const { command, repository, name } = await openPushHome();
        sinkProxy.setPlan(randomFaults({ seed: SEED + 1000 + round, share: 0.25 }));
        const { code, stderr } = await command.attempt(['push', name]);
        sinkProxy.setPlan(NO_FAULTS);
        if (code !== 0) {
          expect(stderr).toMatch(/^Error: \S/m);
          await command.run('push', name);
        }
        await expectPushed(repository);
      }
    });
  });
});

/** Some 6 MB in three layers that do not compress. */
function largeImage(seed: string): FixtureImage {
  const layers = [0, 1, 2].map((layer) => [{ path: `srv/${layer}`, content: randomBlob(2_000_000, `${seed}-${layer}`) }]);
  return buildImage({ layers });
}
