import { join } from 'node:path';
import type { CommandMemoryCase } from '../bench-case.ts';
import { openDockerClient } from '../clients/docker-client.ts';
import { openSlipwayClient } from '../clients/slipway-client.ts';
import { buildBenchImage } from '../images/bench-image.ts';
import { startDistribution } from '../servers/distribution.ts';
import { peakTreeMegabytes } from '../tree-memory.ts';

const REPOSITORY = 'bench/six-layers';

export const commandMemory: CommandMemoryCase = {
  kind: 'command-memory',
  name: 'image-memory',
  title: 'peak memory: pull, unpack and push',
  ceilingMegabytes: 200,
  note: 'all processes of the command, shared pages once; the peer is the docker command with its daemon, pull alone',
  async measure({ folder, signal }) {
    await using registry = await startDistribution({ folder: join(folder, 'registry'), signal });
    const api = registry.openApi();
    await api.pushImage(REPOSITORY, 'v1', (await buildBenchImage({ mediaTypes: 'docker' })).image);
    api.close();
    const host = registry.origin.replace('http://', '');
    const reference = `${host}/${REPOSITORY}:v1`;
    await using slipway = openSlipwayClient(join(folder, 'slipway'));
    const pulling = await peakTreeMegabytes(() => slipway.pull(reference));
    await slipway.tag(reference, `${host}/bench/again:v1`);
    const pushing = await peakTreeMegabytes(() => slipway.push(`${host}/bench/again:v1`));
    await using docker = await openDockerClient(join(folder, 'docker'));
    const peer = await peakTreeMegabytes(() => docker.pull(reference), docker.daemons);
    return { ours: Math.max(pulling, pushing), peer };
  },
};
