import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { type CannedReply, startFakeApi } from '../testing/fake-api.ts';
import { type RunOptions, runSlipway } from '../testing/run-slipway.ts';

const NONE = { status: 200, body: { accounts: [] } };

async function listAt(words: (origin: string) => readonly string[], options: RunOptions = {}, reply: CannedReply = NONE) {
  await using api = await startFakeApi({ port: 0 }, () => reply);
  const outcome = await runSlipway(['account', 'list', '-q', ...words(api.origin)], options);
  return { ...outcome, seen: api.seen };
}

function loginOf(seen: readonly { readonly authorization: string | undefined }[]): string {
  return Buffer.from(seen[0]?.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
}

describe('openApi() over the network', () => {
  it('logs in with flags and a password from stdin', async () => {
    const outcome = await listAt((origin) => ['--server', origin, '-u', 'ann', '--password-stdin'], { input: 'pass:wörd\n' });
    expect(outcome.exitCode).toBe(0);
    expect(loginOf(outcome.seen)).toBe('ann:pass:wörd');
  });

  it('logs in with what the environment says', async () => {
    await using api = await startFakeApi({ port: 0 }, () => NONE);
    const environment = { SLIPWAY_SERVER: api.origin, SLIPWAY_USERNAME: 'ann', SLIPWAY_PASSWORD: 'secret' };
    expect(await runSlipway(['account', 'list'], { environment })).toMatchObject({ exitCode: 0 });
    expect(loginOf(api.seen)).toBe('ann:secret');
  });

  it('asks for the password on a terminal, without echo', async () => {
    const outcome = await listAt((origin) => ['--server', origin, '--username', 'ann'], { typed: ['secret'] });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Password of ann at 127\.0\.0\.1:\d+: \n$/) });
    expect(loginOf(outcome.seen)).toBe('ann:secret');
  });

  it('sends no login when nobody named one', async () => {
    expect((await listAt((origin) => ['--server', origin])).seen[0]?.authorization).toBeUndefined();
  });

  it('refuses a password without a name, and a login for the data folder', async () => {
    const nameless = await listAt((origin) => ['--server', origin, '--password-stdin'], { input: 'secret' });
    expect(nameless).toMatchObject({ exitCode: 1, seen: [], stderr: expect.stringContaining('no account name') });
    expect(await runSlipway(['account', 'list', '--username', 'ann'])).toMatchObject({ exitCode: 1 });
    expect(await runSlipway(['account', 'list', '--server', 'x', '--data', 'y'])).toMatchObject({ exitCode: 1 });
  });

  it('prefers --data to a server in the environment', async () => {
    await withTempFolder(async (data) => {
      await using api = await startFakeApi({ socket: join(data, 'admin.sock') }, () => NONE);
      const outcome = await runSlipway(['account', 'list', '--data', data], { environment: { SLIPWAY_SERVER: 'https://hub.invalid' } });
      expect(outcome.exitCode).toBe(0);
      expect(api.seen).toHaveLength(1);
    });
  });

  it('says when nothing listens', async () => {
    const origin = await (async () => {
      await using api = await startFakeApi({ port: 0 }, () => NONE);
      return api.origin;
    })();
    expect(await runSlipway(['account', 'list', '--server', origin])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`Error: Cannot reach "${origin}": nothing listens there\n`),
    });
  });

  it.each<[string, CannedReply]>([
    ['a page', { status: 200, body: '<html>' }],
    ['missing fields', { status: 200, body: { accounts: [{ name: 'ann' }] } }],
    ['a refusal of something else', { status: 502, body: 'Bad gateway' }],
    ['another success', { status: 206, body: { accounts: [] } }],
  ])('does not take %s for an answer', async (_what, reply) => {
    const outcome = await listAt((origin) => ['--server', origin], {}, reply);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining("Cannot read the server's answer") });
  });

  it('lets no answer steer the terminal', async () => {
    const body = { error: { code: 'X', message: 'a\u001b[2Jb', hint: 'c\r\nError: d', requestId: 'r' } };
    const { stderr } = await listAt((origin) => ['--server', origin], {}, { status: 403, body });
    expect(stderr).toBe('Error: a\ufffd[2Jb\nHint: c\ufffd\ufffdError: d\n');
  });

  it('shows code and request id to those who debug, and never the password', async () => {
    const body = { error: { code: 'DENIED', message: 'No', requestId: 'req-7' } };
    const environment = { SLIPWAY_USERNAME: 'ann', SLIPWAY_PASSWORD: 'hunter2hunter2', SLIPWAY_DEBUG: '1' };
    const { stderr } = await listAt((origin) => ['--server', origin], { environment }, { status: 403, body });
    expect(stderr).toMatch(/\[DENIED\] HTTP 403, request id req-7\n[^]*at /);
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toContain(Buffer.from('ann:hunter2hunter2').toString('base64'));
  });
});

describe('openApi() in the data folder', () => {
  it('says when no server runs', async () => {
    await withTempFolder(async (data) => {
      const missing = await runSlipway(['account', 'list', '--data', join(data, 'elsewhere')]);
      expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`none runs on the data folder "${data}/elsewhere"`) });
      expect(missing.stderr).toMatch(/\nHint: Start it with `slipway serve`, .*--data.*--server/);
      // What a killed server leaves behind refuses connections too, as a plain file does.
      await writeFile(join(data, 'admin.sock'), '');
      expect((await runSlipway(['gc', '--data', data])).stderr).toContain('none runs on the data folder');
    });
  });

  it('looks into ./data of the checkout when nobody names another', async () => {
    expect((await runSlipway(['gc'], { checkout: '/nowhere' })).stderr).toContain('"/nowhere/data"');
    expect((await runSlipway(['gc', '--data', 'here'], { cwd: '/nowhere' })).stderr).toContain('"/nowhere/here"');
  });

  it('ends with 130 and without a word when interrupted', async () => {
    const controller = new AbortController();
    await withTempFolder(async (data) => {
      await using _api = await startFakeApi({ socket: join(data, 'admin.sock') }, () => {
        controller.abort();
        return undefined;
      });
      const outcome = await runSlipway(['verify', '--data', data], { signal: controller.signal });
      expect(outcome).toEqual({ exitCode: 130, stdout: '', stderr: '' });
    });
  });
});
