import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkProgram } from '../../e2e/peers/program.ts';
import type { ImageClient } from './image-client.ts';

export const LAUNCHER = fileURLToPath(new URL('../../bin/slipway', import.meta.url));

/** `bin/slipway` with a home of its own. */
export function openSlipwayClient(folder: string): ImageClient & { readonly env: Readonly<Record<string, string>> } {
  const home = join(folder, 'home');
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, SLIPWAY_HOME: home, DOCKER_CONFIG: join(folder, 'config') };
  const slipway = async (...args: string[]) => await checkProgram(LAUNCHER, args, { env, timeoutMs: 300_000 });
  return {
    name: 'slipway',
    env,
    daemons: [],
    pull: async (reference) => void (await slipway('pull', reference)),
    push: async (reference) => void (await slipway('push', reference)),
    tag: async (from, to) => void (await slipway('tag', from, to)),
    async countFiles() {
      return await countBelow(join(home, 'snapshots'));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Regular files below a folder; what is hard-linked counts each time. */
export async function countBelow(folder: string): Promise<number> {
  const listed = await checkProgram('find', [folder, '-type', 'f', '-printf', '.'], { timeoutMs: 60_000 });
  return listed.length;
}
