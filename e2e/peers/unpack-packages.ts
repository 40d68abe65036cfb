// .cache/peers/
//   <digest of the names>/    one set of packages, complete as soon as it has this name
//     packages.json           what it holds, with versions
//     usr/ etc/ …             the packages' files
//   staging-*/                a set being made; renamed when whole

import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeyedLock, systemCodeOf } from '@slipway/base';
import { peerError } from './errors.ts';
import { checkProgram, hasProgram, type ProgramResult, runProgram } from './program.ts';

/** Where everything that tests fetch is kept between runs: `.cache` in the checkout. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../.cache', import.meta.url));

const PEERS_FOLDER = join(CACHE_FOLDER, 'peers');
const locks = new KeyedLock();

/**
 * Unpacks Debian packages, with those of their dependencies that the host lacks, into a folder, and resolves to that folder. Runs no maintainer
 * script and changes nothing on the host but apt's own lists when they are too old. The folder is made once; processes that race for it
 * each make one and the first rename wins. Rejects with PEER_UNAVAILABLE when the packages can't be had.
 */
export async function unpackPackages(names: readonly string[]): Promise<string> {
  const sorted = [...new Set(names)].sort();
  const key = createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 16);
  const target = join(PEERS_FOLDER, key);
  return await locks.run(key, async () => {
    if (!(await exists(join(target, 'packages.json')))) await makeSet(sorted, target);
    return target;
  });
}

async function makeSet(names: readonly string[], target: string): Promise<void> {
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!(await hasProgram(program)))
      throw peerError('PEER_UNAVAILABLE', `Cannot fetch ${names.join(', ')}: "${program}" is not on this machine`);
  }
  const staging = join(PEERS_FOLDER, `staging-${randomUUID()}`);
  const archives = join(staging, 'archives');
  const root = join(staging, 'root');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(root);
  try {
    await download(names, archives);
    const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
    for (const file of files) await checkProgram('dpkg-deb', ['-x', join(archives, file), root]);
    await writeFile(join(root, 'packages.json'), JSON.stringify({ names, files }, undefined, 2));
    await renameUnlessThere(root, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function download(names: readonly string[], archives: string): Promise<void> {
  let result = await aptDownload(names, archives);
  if (result.code !== 0) {
    // Lists that are missing or name versions that the mirror dropped; one mirror of several may fail, so the exit code says little.
    await runProgram('apt-get', ['update']);
    result = await aptDownload(names, archives);
  }
  if (result.code === 0) return;
  throw peerError('PEER_UNAVAILABLE', `Cannot fetch ${names.join(', ')}: apt-get says: ${result.stderr.trim()}`);
}

async function aptDownload(names: readonly string[], archives: string): Promise<ProgramResult> {
  const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=root', `Dir::Cache::archives=${archives}`].flatMap((option) => ['-o', option]);
  const args = ['install', '--yes', '--no-install-recommends', '--reinstall', '--download-only', ...options, '--', ...names];
  return await runProgram('apt-get', args, { timeoutMs: 300_000 });
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
