import { existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@slipway/oci';
import { describe, expect, test } from 'vitest';
import { openTestHome } from '../images/testing/open-test-home.ts';
import { findDeadLeases } from './find-dead-leases.ts';
import { createLeaseFile, loadTakeLock } from './lease-file.ts';

const DIGEST = `sha256:${'1'.repeat(64)}` as Digest;

describe('Leases.open()', () => {
  test('makes a locked file and a row, and takes both away on disposal', async () => {
    await using at = await openTestHome();
    const lease = await at.leases.open('pull app');
    expect(readdirSync(at.home.leases)).toEqual([lease.id]);
    expect(at.state.all('SELECT id, description FROM lease')).toEqual([{ id: lease.id, description: 'pull app' }]);
    expect(await findDeadLeases(at.home.leases, at.state)).toEqual([]);
    await lease[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
    expect(readdirSync(at.home.leases)).toEqual([]);
    expect(at.state.all('SELECT * FROM lease')).toEqual([]);
  });

  test('holds once what it is asked to hold twice, and nothing after disposal', async () => {
    await using at = await openTestHome();
    const lease = await at.leases.open('pull');
    await lease.holdContent([DIGEST]);
    await lease.holdContent([DIGEST]);
    expect(at.state.all('SELECT * FROM lease_content')).toEqual([{ lease_id: lease.id, digest: DIGEST }]);
    expect([lease.nextUploadId(), lease.nextUploadId()]).toEqual([`${lease.id}-1`, `${lease.id}-2`]);
    await lease[Symbol.asyncDispose]();
    expect(at.state.all('SELECT * FROM lease_content')).toEqual([]);
    await expect(lease.holdContent([])).rejects.toMatchObject({ code: 'LEASE_CLOSED' });
  });
});

describe('findDeadLeases()', () => {
  test('finds files without a lock and rows without a file, and leaves other files alone', async () => {
    await using at = await openTestHome();
    await using alive = await at.leases.open('alive');
    const unlocked = 'a'.repeat(26);
    const withoutFile = 'b'.repeat(26);
    writeFileSync(join(at.home.leases, unlocked), '');
    writeFileSync(join(at.home.leases, 'README'), '');
    await at.state.write((tx) => tx.run("INSERT INTO lease (id, started_at_ms, description) VALUES (?, 0, 'killed')", withoutFile));
    expect(new Set(await findDeadLeases(at.home.leases, at.state))).toEqual(new Set([unlocked, withoutFile]));
    expect(readdirSync(at.home.leases).sort()).toEqual(['README', alive.id].sort());
  });
});

describe('createLeaseFile()', () => {
  test('takes another name when a cleaner took the file for a dead one', async () => {
    await using at = await openTestHome();
    const takeLock = await loadTakeLock();
    let attempts = 0;
    const file = createLeaseFile(at.home.leases, (fd) => {
      attempts += 1;
      if (attempts === 1) {
        const [name = ''] = readdirSync(at.home.leases);
        return !takeLock(openSync(join(at.home.leases, name), 'r+'));
      }
      return takeLock(fd);
    });
    expect(attempts).toBe(2);
    expect(existsSync(join(at.home.leases, file.id))).toBe(true);
    expect(readdirSync(at.home.leases)).toEqual([file.id]);
  });
});
