import { join } from 'node:path';
import { DOCKER_PACKAGES, startDockerDaemon } from '../../e2e/peers/docker-daemon.ts';
import { unpackPackages } from '../../e2e/peers/unpack-packages.ts';
import type { ImageClient } from './image-client.ts';
import { countBelow } from './slipway-client.ts';

/** Debian's docker with a daemon that runs already, storage driver overlay2. */
export async function openDockerClient(folder: string): Promise<ImageClient> {
  const daemon = await startDockerDaemon(await unpackPackages(DOCKER_PACKAGES), folder);
  const docker = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await daemon.docker(args, { timeoutMs: 300_000 });
    if (code !== 0) throw new Error(`docker ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  return {
    name: 'docker',
    daemons: [daemon.pid],
    pull: async (reference) => void (await docker('pull', reference)),
    push: async (reference) => void (await docker('push', reference)),
    tag: async (from, to) => void (await docker('tag', from, to)),
    async countFiles() {
      return await countBelow(join(folder, 'data/overlay2'));
    },
    [Symbol.asyncDispose]: async () => await daemon[Symbol.asyncDispose](),
  };
}
