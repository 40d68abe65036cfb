import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBlob } from '@slipway/testkit';
import { measure } from './load/measure.ts';

const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCKS = 128;

/** MB/s at which the file system takes 1 GiB from one writer that forces it to disk at the end: no durable push can be faster for long. */
export async function measureDiskSpeed(folder: string): Promise<number> {
  const path = join(folder, 'disk-speed');
  const block = randomBlob(BLOCK_BYTES);
  const file = await open(path, 'wx');
  try {
    const seconds = await measure(async () => {
      for (let i = 0; i < BLOCKS; i++) await file.write(block);
      await file.sync();
    });
    return (BLOCKS * BLOCK_BYTES) / seconds / 1e6;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
