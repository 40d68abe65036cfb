import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SlipwayProcess, startSlipway, withTempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunOptions, runSlipway } from '../testing/run-slipway.ts';

const WRONG = 'Error: unauthorized: incorrect username or password\n';

describe('login and logout', () => {
  let server: SlipwayProcess;
  beforeAll(async () => {
    server = await startSlipway();
  });
  afterAll(async () => {
    await server.stop();
  });

  async function withConfig(
    work: (run: (words: readonly string[], options?: RunOptions) => ReturnType<typeof runSlipway>, file: string) => Promise<void>,
  ) {
    await withTempFolder(async (folder) => {
      const run = async (words: readonly string[], options: RunOptions = {}) =>
        await runSlipway(words, { ...options, environment: { DOCKER_CONFIG: folder, SLIPWAY_HOME: folder, ...options.environment } });
      await work(run, join(folder, 'config.json'));
    });
  }

  it('keeps what the registry gives, uses it again, and forgets it', async () => {
    await withConfig(async (run, file) => {
      const login = await run(['login', '-u', 'admin', '--password-stdin', server.url], { input: `${server.adminPassword}\n` });
      expect(login).toMatchObject({ exitCode: 0, stdout: 'Login Succeeded\n' });
      const { auths } = JSON.parse(await readFile(file, 'utf8')) as { readonly auths: Readonly<Record<string, object>> };
      expect(Object.keys(auths)).toEqual([server.url]);
      expect(await run(['login', server.url])).toEqual({
        exitCode: 0,
        stdout: 'Authenticating with existing credentials...\nLogin Succeeded\n',
        stderr: login.stderr,
      });
      expect(await run(['logout', `http://${server.url}/v1/`])).toEqual({
        exitCode: 0,
        stdout: `Removing login credentials for ${server.url}\n`,
        stderr: '',
      });
      expect(await run(['logout', server.url])).toMatchObject({ exitCode: 0, stdout: `Not logged in to ${server.url}\n` });
    });
  });

  it('asks on a terminal, the password without echo', async () => {
    await withConfig(async (run) => {
      const outcome = await run(['login', server.url], { typed: ['admin', server.adminPassword] });
      expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Login Succeeded\n' });
      expect(outcome.stderr).toMatch(/Username: .*Password: \n$/s);
      expect(outcome.stderr).not.toContain(server.adminPassword);
    });
  });

  it('takes $SLIPWAY_REGISTRY for Docker Hub when no server is named', async () => {
    await withConfig(async (run, file) => {
      const environment = { SLIPWAY_REGISTRY: server.url };
      await run(['login', '-u', 'admin', '--password-stdin'], { environment, input: server.adminPassword });
      expect(await readFile(file, 'utf8')).toContain(`"${server.url}"`);
      expect(await run(['logout'], { environment })).toMatchObject({ stdout: `Removing login credentials for ${server.url}\n` });
    });
  });

  it('warns about a password on the command line, and refuses a wrong one', async () => {
    await withConfig(async (run, file) => {
      expect(await run(['login', '-u', 'admin', '-p', 'wrong', server.url])).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: `WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n${WRONG}`,
      });
      await expect(readFile(file)).rejects.toThrow('ENOENT');
    });
  });

  it('asks anew when what is stored is refused', async () => {
    await withConfig(async (run) => {
      const environment = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [server.url]: { username: 'admin', password: 'old' } } }) };
      const outcome = await run(['login', server.url], { environment, typed: ['', server.adminPassword] });
      expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Authenticating with existing credentials...\nLogin Succeeded\n' });
      expect(outcome.stderr).toMatch(/^Stored credentials invalid or expired\n.*Username \(admin\): /);
    });
  });

  it.each([
    [['login', 'HOST'], 'Cannot perform an interactive login from a non TTY device'],
    [['login', '--password-stdin', 'HOST'], 'Must provide --username with --password-stdin'],
    [['login', '-u', 'a', '-p', 'b', '--password-stdin', 'HOST'], '--password and --password-stdin are mutually exclusive'],
    [['login', '-u', 'a', '-p', 'b', 'not a host'], 'is no registry'],
  ])('refuses %j', async (words, reason) => {
    await withConfig(async (run) => {
      const outcome = await run(words.map((word) => word.replace('HOST', server.url)));
      expect(outcome).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(reason) });
    });
  });
});
