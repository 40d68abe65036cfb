import { describe, expect, it } from 'vitest';
import type { TransferState } from '../output/progress/transfer-state.ts';
import { PullProgress } from './pull-progress.ts';
import { CONFIG, HIGH, LOW, MANIFEST_READ, openPlainView } from './testing/two-layers.ts';

const low = { digest: LOW, totalBytes: 10 };
const high = { digest: HIGH, totalBytes: 10 };

describe('PullProgress', () => {
  it("tells a layer's way in docker's words, and nothing of the config", () => {
    const { output, view } = openPlainView();
    const { onEvent } = new PullProgress({ view, isLive: false });
    onEvent(MANIFEST_READ);
    onEvent({ kind: 'blob-waiting', digest: CONFIG, totalBytes: 2 });
    onEvent({ kind: 'blob-done', digest: CONFIG, totalBytes: 2, how: 'transferred' });
    onEvent({ kind: 'blob-waiting', ...low });
    onEvent({ kind: 'blob-progress', ...low, doneBytes: 4 });
    onEvent({ kind: 'unpack-progress', ...low, doneBytes: 2 });
    onEvent({ kind: 'blob-progress', ...low, doneBytes: 10 });
    onEvent({ kind: 'blob-done', ...low, how: 'transferred' });
    onEvent({ kind: 'unpack-progress', ...low, doneBytes: 9 });
    onEvent({ kind: 'unpack-done', digest: LOW, how: 'unpacked' });
    const id = 'a'.repeat(12);
    expect(output.text).toBe(
      ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete'].map((state) => `${id}: ${state}\n`).join(''),
    );
  });

  it('tells what was there already, whichever half says so first', () => {
    const { output, view } = openPlainView();
    const progress = new PullProgress({ view, isLive: false });
    progress.onEvent(MANIFEST_READ);
    progress.onEvent({ kind: 'unpack-done', digest: LOW, how: 'exists' });
    progress.onEvent({ kind: 'blob-done', ...low, how: 'exists' });
    progress.onEvent({ kind: 'blob-done', ...high, how: 'exists' });
    progress.finish();
    expect(output.text).toBe(`${'a'.repeat(12)}: Already exists\n${'b'.repeat(12)}: Already exists\n`);
  });

  it('shows a layer that had to be unpacked again as pulled', () => {
    const { output, view } = openPlainView();
    const progress = new PullProgress({ view, isLive: false });
    progress.onEvent(MANIFEST_READ);
    progress.onEvent({ kind: 'blob-done', ...low, how: 'exists' });
    progress.onEvent({ kind: 'unpack-done', digest: LOW, how: 'unpacked' });
    expect(output.text).toBe(`${'a'.repeat(12)}: Pull complete\n`);
  });

  it('does not let a live line wait for a download that another pull made', () => {
    const states: string[] = [];
    const view = { say: () => undefined, update: (id: string, { kind }: TransferState) => states.push(`${id[0]} ${kind}`) };
    const progress = new PullProgress({ view: { ...view, [Symbol.dispose]: () => undefined }, isLive: true });
    progress.onEvent(MANIFEST_READ);
    progress.onEvent({ kind: 'blob-waiting', ...low });
    progress.onEvent({ kind: 'blob-done', ...low, how: 'exists' });
    progress.onEvent({ kind: 'unpack-progress', ...low, doneBytes: 2 });
    progress.onEvent({ kind: 'unpack-done', digest: LOW, how: 'unpacked' });
    expect(states.filter((state) => state.startsWith('a'))).toEqual(['a pulling', 'a waiting', 'a downloaded', 'a extracting', 'a pulled']);
  });
});
