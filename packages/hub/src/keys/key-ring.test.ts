import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { openKeyRing } from './key-ring.ts';

const DAY_MS = 24 * 3600_000;

describe('openKeyRing()', () => {
  let parent: string;
  let folder: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'slipway-keys-'));
    folder = join(parent, 'keys');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('makes a key that only the owner can read, and finds it again', async () => {
    const clock = createFakeClock();
    const first = await openKeyRing({ folder, clock });
    const [file = ''] = await readdir(folder);
    expect(file).toBe(`${first.current().kid}.jwk`);
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const second = await openKeyRing({ folder, clock });
    expect(second.current().kid).toBe(first.current().kid);
    expect(second.current().createdAtMs).toBe(clock.now());
  });

  it('rotate() signs with a new key and keeps the old one until its last token expired', async () => {
    const clock = createFakeClock();
    const ring = await openKeyRing({ folder, clock });
    const old = ring.current().kid;
    const { kid } = await ring.rotate();
    expect(ring.current().kid).toBe(kid);
    expect(ring.find(old)?.kid).toBe(old);
    expect((await openKeyRing({ folder, clock })).find(old)?.kid).toBe(old);
    clock.advance(900_000);
    expect(ring.find(old)?.kid).toBe(old);
    clock.advance(61_000);
    expect(ring.find(old)).toBeUndefined();
    await ring.maintain({ maxAgeMs: 90 * DAY_MS });
    expect(await readdir(folder)).toEqual([`${kid}.jwk`]);
  });

  it('rotate() signs with the newest key even when the wall clock was set back', async () => {
    const clock = createFakeClock();
    const ring = await openKeyRing({ folder, clock });
    clock.advance(-DAY_MS);
    const { kid } = await ring.rotate();
    expect((await openKeyRing({ folder, clock })).current().kid).toBe(kid);
  });

  it('maintain() rotates a key that is old enough', async () => {
    const clock = createFakeClock();
    const ring = await openKeyRing({ folder, clock });
    expect(await ring.maintain({ maxAgeMs: 90 * DAY_MS })).toEqual({ rotated: false });
    clock.advance(90 * DAY_MS);
    expect(await ring.maintain({ maxAgeMs: 90 * DAY_MS })).toEqual({ rotated: true });
    expect(await ring.maintain({ maxAgeMs: 90 * DAY_MS })).toEqual({ rotated: false });
  });

  it('refuses a damaged key without showing it, and ignores what is no key', async () => {
    const clock = createFakeClock();
    const ring = await openKeyRing({ folder, clock });
    const path = join(folder, `${ring.current().kid}.jwk`);
    await writeFile(join(folder, 'README'), 'hello');
    await openKeyRing({ folder, clock });
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, 60));
    const refusal = await openKeyRing({ folder, clock }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(path) });
    expect(String(refusal)).not.toContain(text.slice(10, 60));
  });
});
