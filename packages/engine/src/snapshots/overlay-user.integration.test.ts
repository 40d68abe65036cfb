import { afterAll } from 'vitest';
import { describeSnapshotter } from './contract.ts';
import { SnapshotterOpener } from './testing/open-snapshotter.ts';

const SOMEBODY = 54_321;

// A test file has a process to itself: as root it becomes somebody without any rights, for good.
if (process.geteuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(SOMEBODY);
  process.setuid?.(SOMEBODY);
}

const opener = new SnapshotterOpener({ medium: 'overlay', xattrs: 'user', namespace: 'user' });
afterAll(async () => await opener[Symbol.asyncDispose]());
describeSnapshotter('overlay (user)', async () => await opener.open());
