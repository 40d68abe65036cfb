import { afterAll } from 'vitest';
import { describeSnapshotter } from './contract.ts';
import { type OpenSnapshotterOptions, SnapshotterOpener } from './testing/open-snapshotter.ts';

const isRoot = process.geteuid?.() === 0;

// Only the host's root may mount an overlay that keeps its marks in `trusted` attributes.
if (isRoot) describeMedium('overlay (trusted)', { medium: 'overlay', xattrs: 'trusted', namespace: 'mount' });
describeMedium('copy', { medium: 'copy', namespace: isRoot ? 'mount' : 'user' });

function describeMedium(name: string, options: OpenSnapshotterOptions): void {
  const opener = new SnapshotterOpener(options);
  afterAll(async () => await opener[Symbol.asyncDispose]());
  describeSnapshotter(name, async () => await opener.open());
}
