import { describe, expect, it } from 'vitest';
import { refusal } from '../../testing/fake-api.ts';
import { runWithFakeHub } from '../../testing/with-fake-hub.ts';

const APP = {
  name: 'ann/app',
  owner: 'ann',
  visibility: 'private',
  createdAt: '2026-11-06T12:00:00.000Z',
  lastPushedAt: '2026-11-20T11:58:00.000Z',
  pushCount: 12,
};
const EMPTY = { ...APP, name: 'ann/team/empty', visibility: 'public', lastPushedAt: null, pushCount: 0 };

describe('repoListCommand.run()', () => {
  const pages = [
    { status: 200, body: { repositories: [APP], next: 'ann/app' } },
    { status: 200, body: { repositories: [EMPTY], next: null } },
  ];

  it('prints a table of all pages', async () => {
    const outcome = await runWithFakeHub(['repo', 'list'], pages);
    expect(outcome.stdout).toBe(
      [
        'REPOSITORY       VISIBILITY   OWNER     PUSHES    LAST PUSHED',
        'ann/app          private      ann       12        2 minutes ago',
        'ann/team/empty   public       ann       0         never',
        '',
      ].join('\n'),
    );
    expect(outcome.seen.map(({ url }) => url)).toEqual(['/api/v1/repositories?n=1000', '/api/v1/repositories?n=1000&last=ann%2Fapp']);
  });

  it('prints names alone, or JSON', async () => {
    expect((await runWithFakeHub(['repo', 'ls', '-q'], pages)).stdout).toBe('ann/app\nann/team/empty\n');
    const { stdout } = await runWithFakeHub(['repo', 'ls', '--format=json'], pages);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([APP, EMPTY]);
  });

  it('ends although a server names the same page again', async () => {
    const page = { status: 200, body: { repositories: [APP], next: 'ann/app' } };
    expect((await runWithFakeHub(['repo', 'ls', '-q'], [page, page])).stdout).toBe('ann/app\nann/app\n');
  });
});

describe('repoShowCommand.run()', () => {
  it('prints the fields', async () => {
    const outcome = await runWithFakeHub(['repo', 'show', 'ann/app'], [{ status: 200, body: APP }]);
    expect(outcome.stdout).toBe(
      [
        'Name:         ann/app',
        'Owner:        ann',
        'Visibility:   private',
        'Created:      2026-11-06T12:00:00.000Z (2 weeks ago)',
        'Last pushed:  2026-11-20T11:58:00.000Z (2 minutes ago)',
        'Pushes:       12',
        '',
      ].join('\n'),
    );
    expect(outcome.seen).toMatchObject([{ method: 'GET', url: '/api/v1/repositories/ann/app' }]);
  });

  it('prints JSON, fields of a newer server included', async () => {
    const newer = { ...APP, stars: 3 };
    const { stdout } = await runWithFakeHub(['repo', 'show', 'ann/app', '--format', 'json'], [{ status: 200, body: newer }]);
    expect(JSON.parse(stdout)).toEqual(newer);
  });

  it('says that there is none', async () => {
    const replies = [refusal(404, { code: 'REPOSITORY_UNKNOWN', message: 'Cannot find repository "ann/app"' })];
    expect(await runWithFakeHub(['repo', 'show', 'ann/app'], replies)).toMatchObject({
      exitCode: 1,
      stderr: 'Error: Cannot find repository "ann/app"\n',
    });
  });

  it.each(['Ann/App', '../admin/gc', 'ann/app:latest', ''])('asks the server nothing about %j', async (name) => {
    expect(await runWithFakeHub(['repo', 'show', name], [])).toMatchObject({ exitCode: 1, seen: [] });
  });
});

describe('repoVisibilityCommand.run()', () => {
  it('changes it', async () => {
    const outcome = await runWithFakeHub(
      ['repo', 'visibility', 'ann/app', 'public'],
      [{ status: 200, body: { ...APP, visibility: 'public' } }],
    );
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Repository "ann/app" is public\n' });
    expect(outcome.seen).toMatchObject([{ method: 'PATCH', url: '/api/v1/repositories/ann/app', body: { visibility: 'public' } }]);
  });

  it('suggests what was meant', async () => {
    const outcome = await runWithFakeHub(['repo', 'visibility', 'ann/app', 'pubilc'], []);
    expect(outcome).toMatchObject({ exitCode: 1, seen: [], stderr: expect.stringContaining('Did you mean public?') });
  });
});
