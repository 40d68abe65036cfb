import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { startFakeApi } from './testing/fake-api.ts';

const LAUNCHER = fileURLToPath(new URL('../../../bin/slipway', import.meta.url));

function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SLIPWAY_'));
  return spawn(LAUNCHER, words, { env: { ...Object.fromEntries(inherited), ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
}

async function finish(child: ChildProcess) {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { exitCode, signal, ...texts };
}

describe('main()', () => {
  it('prints its version', async () => {
    expect(await finish(start(['version']))).toEqual({
      exitCode: 0,
      signal: null,
      stdout: expect.stringMatching(/^Slipway \d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('exits with 1 for an unknown command', async () => {
    expect(await finish(start(['acount']))).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('Did you mean') });
  });

  it('shows a stack to those who debug alone', async () => {
    expect((await finish(start(['acount'], { SLIPWAY_DEBUG: '1' }))).stderr).toContain('    at ');
    expect((await finish(start(['acount'], { SLIPWAY_DEBUG: '0' }))).stderr).not.toContain('    at ');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s with %i, and hangs up', async (signal, exitCode) => {
    await withTempFolder(async (data) => {
      const arrived = Promise.withResolvers<void>();
      await using _api = await startFakeApi({ socket: join(data, 'admin.sock') }, () => {
        arrived.resolve();
        return undefined;
      });
      const child = start(['verify', '--data', data]);
      const finished = finish(child);
      await arrived.promise;
      child.kill(signal);
      expect(await finished).toEqual({ exitCode, signal: null, stdout: '', stderr: '' });
    });
  });

  it('ends quietly when nobody reads its output any more', async () => {
    await withTempFolder(async (data) => {
      const account = { name: 'a'.repeat(60), administrator: false, disabled: false, createdAt: '2026-01-01T00:00:00Z' };
      const body = { accounts: Array.from({ length: 5000 }, () => account) };
      const child = { current: undefined as ChildProcess | undefined };
      await using _api = await startFakeApi({ socket: join(data, 'admin.sock') }, () => {
        child.current?.stdout?.destroy();
        return { status: 200, body };
      });
      child.current = start(['account', 'list', '--data', data]);
      expect(await finish(child.current)).toMatchObject({ exitCode: 141, stderr: '' });
    });
  });
});
