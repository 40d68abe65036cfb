import { describe, expect, it } from 'vitest';
import { runWithFakeHub } from '../testing/with-fake-hub.ts';

const WHOLE = { blobs: 120, manifests: 1, bytes: 45_600_000, damaged: [], quarantined: true, durationMs: 90_000 };
const DIGEST = `sha256:${'a'.repeat(64)}`;
const DAMAGED = {
  ...WHOLE,
  damaged: [
    { digest: DIGEST, kind: 'blob', problem: 'corrupt', repositories: ['ann/a', 'ann/b', 'ann/c', 'ann/d', 'ann/e'] },
    { digest: DIGEST, kind: 'manifest', problem: 'corrupt', repositories: ['ann/a'] },
    { digest: DIGEST, kind: 'blob', problem: 'missing', repositories: [] },
  ],
};

describe('verifyCommand.run()', () => {
  it('says that all is whole', async () => {
    const outcome = await runWithFakeHub(['verify'], [{ status: 200, body: WHOLE }]);
    expect(outcome).toMatchObject({
      exitCode: 0,
      stdout: 'Read 120 blobs and 1 manifest, 45.6MB in about a minute: all match their digests\n',
    });
    expect(outcome.seen).toMatchObject([{ method: 'POST', url: '/api/v1/admin/verify', body: {} }]);
  });

  it('exits with 1 and names damage and what heals it', async () => {
    const outcome = await runWithFakeHub(['verify'], [{ status: 200, body: DAMAGED }]);
    expect(outcome.exitCode).toBe(1);
    const pad = ' '.repeat(65);
    expect(outcome.stdout).toBe(
      [
        `DIGEST${pad}   KIND       PROBLEM   REPOSITORIES                     HEALED BY`,
        `${DIGEST}   blob       corrupt   ann/a, ann/b, ann/c and 2 more   pushing an image with it again`,
        `${DIGEST}   manifest   corrupt   ann/a                            pushing the image again`,
        `${DIGEST}   blob       missing   -                                nothing to do: no repository has it`,
        '',
        'Read 120 blobs and 1 manifest, 45.6MB in about a minute: 3 damaged',
        'What is damaged was taken out of sight: until it is pushed again, pulls of it answer that it is not there.',
        '',
      ].join('\n'),
    );
  });

  it('only reports when told to', async () => {
    const outcome = await runWithFakeHub(['verify', '--no-quarantine'], [{ status: 200, body: { ...DAMAGED, quarantined: false } }]);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Nothing was changed') });
    expect(outcome.seen[0]?.body).toEqual({ quarantine: false });
  });

  it('prints JSON and exits with 1 all the same', async () => {
    const outcome = await runWithFakeHub(['verify', '--format=json'], [{ status: 200, body: DAMAGED }]);
    expect(outcome.exitCode).toBe(1);
    expect(JSON.parse(outcome.stdout)).toEqual(DAMAGED);
  });
});
