import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkProgram } from '../../e2e/peers/program.ts';
import type { Contest, Contestant, ContestCase } from '../bench-case.ts';
import { openDockerClient } from '../clients/docker-client.ts';
import type { ImageClient } from '../clients/image-client.ts';
import { settleDisk } from '../clients/settle-disk.ts';
import { openSlipwayClient } from '../clients/slipway-client.ts';
import { buildBenchImage } from '../images/bench-image.ts';
import { addUnpackedImage } from '../images/unpacked-image.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import { startDistribution } from '../servers/distribution.ts';

const REPOSITORY = 'bench/six-layers';

export const imagePush: ContestCase = {
  kind: 'contest',
  name: 'image-push',
  title: 'pack and push 6 unpacked layers, 437 MB',
  unit: 'MB/s',
  target: 2.5,
  rounds: 5,
  note: 'to an empty docker-registry; both keep the image as files alone, and pack with their own compressor: igzip 3 here, gzip 6 there',
  async prepare({ folder, signal }): Promise<Contest> {
    const { image, layers, megabytes } = await buildBenchImage({ mediaTypes: 'docker' });
    await mkdir(folder, { recursive: true });
    await using first = await startDistribution({ folder: join(folder, 'first'), signal });
    const api = first.openApi();
    await api.pushImage(REPOSITORY, 'v1', image);
    api.close();
    const pulled = `${first.origin.replace('http://', '')}/${REPOSITORY}:v1`;
    const docker = await openDockerClient(join(folder, 'docker'));
    await docker.pull(pulled);
    const template = join(folder, 'template');
    await mkdir(template);
    await addUnpackedImage({ home: join(template, 'home'), name: 'six-layers', layers });
    const targets: BenchServer[] = [];
    let slipways = 0;
    /** Packed layers are kept: each push of ours starts from a copy that has none. docker packs again for every registry. */
    const openSlipway = async (): Promise<ImageClient> => {
      const own = join(folder, `slipway-${slipways++}`);
      await checkProgram('cp', ['-a', template, own], { timeoutMs: 120_000 });
      return openSlipwayClient(own);
    };
    const contestantOf = (name: string, open: () => Promise<ImageClient>, local: string): Contestant => {
      let next: { readonly client: ImageClient; readonly reference: string } | undefined;
      return {
        name,
        async reset() {
          const target = await startDistribution({ folder: join(folder, `target-${targets.length}`), signal });
          targets.push(target);
          const client = await open();
          const reference = `${target.origin.replace('http://', '')}/${REPOSITORY}:v1`;
          await client.tag(local, reference);
          next = { client, reference };
          await settleDisk();
        },
        async run() {
          if (next === undefined) throw new Error('A run needs a reset');
          const start = performance.now();
          await next.client.push(next.reference);
          return { amount: megabytes, seconds: (performance.now() - start) / 1000 };
        },
      };
    };
    return {
      ours: contestantOf('slipway', openSlipway, 'six-layers'),
      peers: [contestantOf('docker', async () => docker, pulled)],
      async [Symbol.asyncDispose]() {
        await docker[Symbol.asyncDispose]();
        for (const target of targets) await target[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};
