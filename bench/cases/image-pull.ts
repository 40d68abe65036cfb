import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contest, Contestant, ContestCase } from '../bench-case.ts';
import { openBuildahClient } from '../clients/buildah-client.ts';
import { openDockerClient } from '../clients/docker-client.ts';
import { FreshClients } from '../clients/image-client.ts';
import { settleDisk } from '../clients/settle-disk.ts';
import { openSlipwayClient } from '../clients/slipway-client.ts';
import { buildBenchImage } from '../images/bench-image.ts';
import { startDistribution } from '../servers/distribution.ts';

const REPOSITORY = 'bench/six-layers';

export const imagePull: ContestCase = {
  kind: 'contest',
  name: 'image-pull',
  title: 'pull and unpack 6 layers, 437 MB',
  unit: 'MB/s',
  target: 2,
  rounds: 5,
  note: 'from docker-registry; each command with its start; ours syncs what it unpacked, the peers do not',
  async prepare({ folder, signal }): Promise<Contest> {
    const registry = await startDistribution({ folder: join(folder, 'registry'), signal });
    const { image, megabytes } = await buildBenchImage({ mediaTypes: 'docker' });
    const api = registry.openApi();
    await api.pushImage(REPOSITORY, 'v1', image);
    api.close();
    const host = registry.origin.replace('http://', '');
    const reference = `${host}/${REPOSITORY}:v1`;
    const contestants = [
      new FreshClients(join(folder, 'slipway'), async (own) => openSlipwayClient(own)),
      new FreshClients(join(folder, 'docker'), openDockerClient),
      new FreshClients(join(folder, 'buildah'), async (own) => await openBuildahClient(own, host)),
    ] as const;
    const contestantOf = (clients: FreshClients): Contestant => ({
      name: clients.client.name,
      async reset() {
        await clients.renew();
        await settleDisk();
      },
      async run() {
        const start = performance.now();
        await clients.client.pull(reference);
        return { amount: megabytes, seconds: (performance.now() - start) / 1000 };
      },
    });
    const [ours, docker, buildah] = contestants;
    await checkEqualWork(contestants, reference);
    return {
      ours: contestantOf(ours),
      peers: [contestantOf(docker), contestantOf(buildah)],
      async [Symbol.asyncDispose]() {
        for (const clients of contestants) await clients[Symbol.asyncDispose]();
        await registry[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

/** A client that left files out would win. */
async function checkEqualWork(contestants: readonly FreshClients[], reference: string): Promise<void> {
  const counts = new Map<string, number>();
  for (const clients of contestants) {
    const client = await clients.renew();
    await client.pull(reference);
    counts.set(client.name, await client.countFiles(reference));
  }
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  // Each keeps some files of its own beside the layers.
  if (least < 10_000 || most > least * 1.02 + 100) throw new Error(`The clients unpacked different files: ${JSON.stringify([...counts])}`);
}
