import { describe, expect, it } from 'vitest';
import { runWithFakeHub } from '../testing/with-fake-hub.ts';

const REPORT = {
  dryRun: false,
  graceSeconds: 86_400,
  startedAt: '2026-11-20T12:00:00.000Z',
  durationMs: 12,
  manifests: 1,
  memberships: 30,
  blobs: 18,
  bytes: 1_234_567_890,
  orphans: 2,
  uploads: 1,
};

describe('gcCommand.run()', () => {
  it('says what it freed', async () => {
    const outcome = await runWithFakeHub(['gc'], [{ status: 200, body: REPORT }]);
    expect(outcome).toMatchObject({
      exitCode: 0,
      stdout: [
        'Deleted 1 untagged manifest',
        'Took 30 blobs from repositories that need them no longer',
        'Deleted 18 blobs',
        'Deleted 2 files without a record',
        'Ended 1 expired upload',
        'Total reclaimed space: 1.23GB',
        '',
      ].join('\n'),
    });
    expect(outcome.seen).toMatchObject([{ method: 'POST', url: '/api/v1/admin/gc', body: { dryRun: false } }]);
  });

  it('says what would go, and sends durations in seconds', async () => {
    const words = ['gc', '--dry-run', '--grace', '24h', '--untagged=30d'];
    const outcome = await runWithFakeHub(words, [
      { status: 200, body: { ...REPORT, dryRun: true, manifests: 0, memberships: 0, orphans: 0, uploads: 0 } },
    ]);
    expect(outcome.stdout).toBe('Would delete 18 blobs\nTotal reclaimable space: 1.23GB\n');
    expect(outcome.seen[0]?.body).toEqual({ dryRun: true, graceSeconds: 86_400, untaggedOlderThanSeconds: 2_592_000 });
  });

  it('says that there is nothing, and why', async () => {
    const nothing = { ...REPORT, manifests: 0, memberships: 0, blobs: 0, bytes: 0, orphans: 0, uploads: 0 };
    expect((await runWithFakeHub(['gc'], [{ status: 200, body: nothing }])).stdout).toBe(
      'Nothing to free: everything is needed, or younger than the grace period (24 hours)\nTotal reclaimed space: 0B\n',
    );
  });

  it("prints the server's own report as JSON", async () => {
    expect(JSON.parse((await runWithFakeHub(['gc', '--format', 'json'], [{ status: 200, body: REPORT }])).stdout)).toEqual(REPORT);
  });
});
