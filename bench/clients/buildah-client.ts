import { join } from 'node:path';
import { CONTAINERS_PACKAGES, openContainersTools } from '../../e2e/peers/containers-tools.ts';
import { unpackPackages } from '../../e2e/peers/unpack-packages.ts';
import type { ImageClient } from './image-client.ts';
import { countBelow } from './slipway-client.ts';

/** Debian's buildah, storage driver overlay, speaking to one registry. */
export async function openBuildahClient(folder: string, registry: string): Promise<ImageClient> {
  const tools = await openContainersTools(await unpackPackages(CONTAINERS_PACKAGES), folder, { registry });
  const buildah = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await tools.buildah(args, { timeoutMs: 300_000 });
    if (code !== 0) throw new Error(`buildah ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  };
  return {
    name: 'buildah',
    daemons: [],
    pull: async (reference) => await buildah('pull', '--quiet', `docker://${reference}`),
    push: async (reference) => await buildah('push', '--quiet', reference, `docker://${reference}`),
    tag: async (from, to) => await buildah('tag', from, to),
    countFiles: async () => await countBelow(join(folder, 'storage/overlay')),
    [Symbol.asyncDispose]: async () => await tools[Symbol.asyncDispose](),
  };
}
