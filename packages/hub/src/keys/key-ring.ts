import { chmod, mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, KeyedLock } from '@slipway/base';
import { syncFolder, writeDurably } from '@slipway/base/node';
import { MAX_TOKEN_LIFE_SECONDS } from '../tokens/token-life.ts';
import { createSigningKey, formatSigningKey, parseSigningKey, type SigningKey } from './signing-key.ts';

// <folder>/<kid>.jwk   one private key each, 0600; the newest signs, the others verify until the last token they signed has expired

export interface KeyRingOptions {
  /** Made, with the first key, when it is missing. */
  readonly folder: string;
  readonly clock: Clock;
}

/** The keys that sign access tokens. */
export interface KeyRing {
  /** The key that signs now. */
  current(): SigningKey;
  /** The key that signed a token which can still be valid. */
  find(kid: string): SigningKey | undefined;
  /** Signs with a new key from now on. Tokens stay valid: the old key verifies until the last of them has expired. */
  rotate(): Promise<{ readonly kid: string }>;
  /** Removes keys that no valid token can name any more, and rotates when the current one is older than `maxAgeMs`. For a daily call. */
  maintain(options: { readonly maxAgeMs: number }): Promise<{ readonly rotated: boolean }>;
}

const SUFFIX = '.jwk';
const KEEP_AFTER_MS = (MAX_TOKEN_LIFE_SECONDS + 60) * 1000;

/** Throws KEY_INVALID when a key file is damaged. One process owns the folder. */
export async function openKeyRing({ folder, clock }: KeyRingOptions): Promise<KeyRing> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = new KeyedLock();
  /** Newest first, never empty once opened. */
  let keys = await readKeys(folder);

  /** A key is over when those that followed it have signed for longer than any token lives. */
  function isOver(index: number): boolean {
    const successor = keys[index - 1];
    return successor !== undefined && successor.createdAtMs + KEEP_AFTER_MS < clock.now();
  }

  async function removeOver(): Promise<void> {
    const over = keys.filter((_, index) => isOver(index));
    if (over.length === 0) return;
    keys = keys.filter((_, index) => !isOver(index));
    for (const key of over) await unlink(join(folder, `${key.kid}${SUFFIX}`));
    await syncFolder(folder);
  }

  async function addKey(): Promise<SigningKey> {
    // Later than the key it follows even when the wall clock was set back, else it would not sign.
    const key = await createSigningKey(Math.max(clock.now(), (keys[0]?.createdAtMs ?? 0) + 1));
    await writeDurably(join(folder, `${key.kid}${SUFFIX}`), formatSigningKey(key), { mode: 0o600 });
    keys = [key, ...keys];
    return key;
  }

  let current = keys[0] ?? (await addKey());
  await removeOver();

  async function rotate(): Promise<{ readonly kid: string }> {
    return await lock.run(folder, async () => {
      current = await addKey();
      await removeOver();
      return { kid: current.kid };
    });
  }

  return {
    current: () => current,
    find: (kid) => keys.find((key, index) => key.kid === kid && !isOver(index)),
    rotate,
    async maintain({ maxAgeMs }) {
      if (clock.now() - current.createdAtMs >= maxAgeMs) {
        await rotate();
        return { rotated: true };
      }
      await lock.run(folder, removeOver);
      return { rotated: false };
    },
  };
}

async function readKeys(folder: string): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith(SUFFIX)) continue;
    const path = join(folder, file);
    // A restored backup may have been unpacked for everyone to read.
    await chmod(path, 0o600);
    keys.push(await parseSigningKey(await readFile(path, 'utf8'), path));
  }
  return keys.sort((a, b) => b.createdAtMs - a.createdAtMs);
}
