import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mountsBelow } from '../peers/release-mounts.ts';

/** How long processes may take to see that the one that started them is gone. */
const LAST_BREATH_MS = 10_000;

/** What is left in a home of which nothing is needed any more: no folder of it may hold a file. */
export async function listRemains(home: string): Promise<string[]> {
  const left: string[] = [];
  for (const folder of ['content/blobs', 'content/uploads', 'content/quarantine', 'snapshots', 'trash', 'leases']) {
    for (const entry of await readdir(join(home, folder), { recursive: true, withFileTypes: true }).catch(() => [])) {
      const isSnapshot = folder === 'snapshots' && entry.parentPath === join(home, folder) && !['l', 'none'].includes(entry.name);
      if (!entry.isDirectory() || isSnapshot || folder === 'trash') left.push(join(entry.parentPath, entry.name));
    }
  }
  left.push(...(await readdir(home)).filter((name) => name.startsWith('try-')));
  return left;
}

/** Processes that still work on a home, and what is mounted in it, after all commands have ended. */
export async function listStrays(home: string): Promise<string[]> {
  const deadline = performance.now() + LAST_BREATH_MS;
  for (;;) {
    const strays = [...(await processesOf(home)), ...(await mountsBelow(home))];
    if (strays.length === 0 || performance.now() > deadline) return strays;
    await delay(50);
  }
}

async function processesOf(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // Gone meanwhile, or somebody else's.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(`SLIPWAY_HOME=${home}`)) continue;
    found.push(`${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).replaceAll('\0', ' ')}`);
  }
  return found;
}
