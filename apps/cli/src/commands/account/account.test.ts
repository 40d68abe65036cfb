import { describe, expect, it } from 'vitest';
import { refusal } from '../../testing/fake-api.ts';
import { runWithFakeHub } from '../../testing/with-fake-hub.ts';

const ANN = { name: 'ann', administrator: false, disabled: false, createdAt: '2026-11-17T12:00:00.000Z' };
const ADMIN = { name: 'admin', administrator: true, disabled: false, createdAt: '2026-11-20T11:00:00.000Z' };
const ADDED = { status: 201, body: ANN };

describe('accountAddCommand.run()', () => {
  it('sends the password that was piped in, and shows it nowhere', async () => {
    const outcome = await runWithFakeHub(['account', 'add', 'ann', '--password-stdin'], [ADDED], { input: 'correct horse\n' });
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Added account "ann"\n', stderr: '' });
    expect(outcome.seen).toEqual([
      {
        method: 'POST',
        url: '/api/v1/accounts',
        authorization: undefined,
        body: { name: 'ann', password: 'correct horse', administrator: false },
      },
    ]);
  });

  it('asks twice on a terminal, without echo', async () => {
    const outcome = await runWithFakeHub(['account', 'add', '--admin', 'ann'], [{ ...ADDED, body: { ...ANN, administrator: true } }], {
      typed: ['correct horse', 'correct horse'],
    });
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Added account "ann" as administrator\n' });
    expect(outcome.stderr).toBe('New password of ann: \nThe same again: \n');
    expect(outcome.seen[0]?.body).toEqual({ name: 'ann', password: 'correct horse', administrator: true });
  });

  it('sends nothing when the two passwords differ', async () => {
    const outcome = await runWithFakeHub(['account', 'add', 'ann'], [], { typed: ['correct horse', 'correct house'] });
    expect(outcome).toMatchObject({ exitCode: 1, seen: [] });
    expect(outcome.stderr).toContain('the two passwords differ');
  });

  it('sends nothing when there is nobody to ask, or nothing piped in', async () => {
    const silent = await runWithFakeHub(['account', 'add', 'ann'], []);
    expect(silent).toMatchObject({
      exitCode: 1,
      seen: [],
      stderr: expect.stringContaining('Hint: Pipe the password in with --password-stdin.'),
    });
    const empty = await runWithFakeHub(['account', 'add', 'ann', '--password-stdin'], [], { input: '\n' });
    expect(empty).toMatchObject({ exitCode: 1, seen: [], stderr: expect.stringContaining('it is empty') });
  });

  it("prints the server's refusal with its hint", async () => {
    const replies = [
      refusal(409, { code: 'ACCOUNT_EXISTS', message: 'Cannot add account "ann": it exists', hint: 'Choose another name.' }),
    ];
    const outcome = await runWithFakeHub(['account', 'add', 'ann', '--password-stdin'], replies, { input: 'correct horse' });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'Error: Cannot add account "ann": it exists\nHint: Choose another name.\n',
    });
  });
});

describe('accountPasswdCommand.run()', () => {
  it('changes the password', async () => {
    const outcome = await runWithFakeHub(['account', 'passwd', 'ann', '--password-stdin'], [{ status: 204 }], {
      input: 'new password\r\n',
    });
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Changed the password of "ann"\n' });
    expect(outcome.seen).toMatchObject([{ method: 'PUT', url: '/api/v1/accounts/ann/password', body: { password: 'new password' } }]);
  });

  it('encodes what is no part of a name', async () => {
    const outcome = await runWithFakeHub(['account', 'passwd', 'a/b?', '--password-stdin'], [{ status: 204 }], { input: 'new password' });
    expect(outcome.seen[0]?.url).toBe('/api/v1/accounts/a%2Fb%3F/password');
  });
});

describe('accountListCommand.run()', () => {
  const replies = [{ status: 200, body: { accounts: [ADMIN, ANN, { ...ANN, name: 'bob', disabled: true }] } }];

  it('prints a table', async () => {
    expect(await runWithFakeHub(['account', 'ls'], replies)).toMatchObject({
      exitCode: 0,
      stdout: [
        'NAME      ROLE                CREATED',
        'admin     administrator       About an hour ago',
        'ann       member              3 days ago',
        'bob       member (disabled)   3 days ago',
        '',
      ].join('\n'),
    });
  });

  it('prints names alone, or JSON', async () => {
    expect((await runWithFakeHub(['account', 'list', '-q'], replies)).stdout).toBe('admin\nann\nbob\n');
    const { stdout } = await runWithFakeHub(['account', 'list', '--format', 'json'], replies);
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([ADMIN, ANN]);
  });
});

describe('accountRemoveCommand.run()', () => {
  it.each([
    [['--force'], {}],
    [[], { typed: ['y'] }],
  ])('removes with %j', async (flags, options) => {
    const outcome = await runWithFakeHub(['account', 'remove', 'ann', ...flags], [{ status: 204 }], options);
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Removed account "ann"\n' });
    expect(outcome.seen).toMatchObject([{ method: 'DELETE', url: '/api/v1/accounts/ann', body: undefined }]);
  });

  it('removes nothing without a yes', async () => {
    const declined = await runWithFakeHub(['account', 'rm', 'ann'], [], { typed: ['n'] });
    expect(declined).toMatchObject({ exitCode: 1, seen: [], stderr: expect.stringContaining('was not removed') });
    const unasked = await runWithFakeHub(['account', 'rm', 'ann'], []);
    expect(unasked).toMatchObject({ exitCode: 1, seen: [], stderr: expect.stringContaining('--force') });
  });
});
