import { parseRepositoryName } from '@slipway/oci';
import { describe, expect, it } from 'vitest';
import { PushProgress } from './push-progress.ts';
import { CONFIG, digestOf, HIGH, LOW, MANIFEST_READ, openPlainView } from './testing/two-layers.ts';

const low = { digest: LOW, totalBytes: 10 };
const high = { digest: HIGH, totalBytes: 10 };

describe('PushProgress', () => {
  it('names layers by diffId, the highest first, and ends every line', () => {
    const { output, view } = openPlainView();
    const diffIds = ['1', '2'].map((digit) => digestOf(digit));
    const layers = diffIds.map((diffId) => ({ diffId, chainId: diffId }));
    const progress = new PushProgress(view, { id: CONFIG, layers });
    progress.onEvent(MANIFEST_READ);
    progress.onEvent({ kind: 'blob-waiting', ...low });
    progress.onEvent({ kind: 'blob-progress', ...low, doneBytes: 10 });
    progress.onEvent({ kind: 'blob-done', ...low, how: 'transferred' });
    progress.finish();
    const lines = ['222222222222: Preparing', '111111111111: Preparing', '111111111111: Waiting', '111111111111: Pushed'];
    expect(output.text).toBe([...lines, '222222222222: Layer already exists', ''].join('\n'));
  });

  it('says where a layer was mounted from', () => {
    const { output, view } = openPlainView();
    const progress = new PushProgress(view);
    progress.onEvent(MANIFEST_READ);
    progress.onEvent({ kind: 'blob-done', ...high, how: 'mounted', from: parseRepositoryName('library/app') });
    expect(output.text).toContain(`${'b'.repeat(12)}: Mounted from library/app\n`);
  });
});
