import { describe, expect, it } from 'vitest';
import { renderCommandHelp } from '../command/help.ts';
import { parseCommandLine } from '../command/parse-flags.ts';
import { createContext } from '../context.ts';
import { createServeCommand, loadServeCommand, type ServerModule } from './serve.ts';

const SETTINGS = {
  listen: { flag: 'listen', environment: 'SLIPWAY_LISTEN', help: 'address and port to listen on', fallback: '127.0.0.1:5000' },
  tlsKey: { flag: 'tls-key', environment: 'SLIPWAY_TLS_KEY', help: 'private key (PEM)', fallback: 'none' },
};

function openServer(exitCode: number) {
  const calls: object[] = [];
  const server: ServerModule = {
    SETTINGS,
    async serve(options) {
      calls.push(options);
      return exitCode;
    },
  };
  return { calls, command: createServeCommand(server) };
}

describe('createServeCommand()', () => {
  it('has a flag for every setting', async () => {
    await expect(renderCommandHelp(openServer(0).command)).toMatchFileSnapshot('../testdata/help/serve.txt');
  });

  it("passes on flags and environment, gives up the process, and ends with the server's exit code", async () => {
    const { calls, command } = openServer(3);
    let isReleased = false;
    const environment = { SLIPWAY_LOG_LEVEL: 'warn' };
    const { stdin, stdout, stderr } = process;
    const signal = new AbortController().signal;
    const clock = { now: () => 0, monotonicMs: () => 0, sleep: async () => undefined };
    const context = createContext({
      environment,
      stdin,
      stdout,
      stderr,
      clock,
      signal,
      cwd: '/',
      checkout: '/checkout',
      releaseProcess: () => {
        isReleased = true;
      },
    });
    const parsed = parseCommandLine(command, ['--listen=:5000', '--config', 'x.yaml']);
    if (parsed.kind === 'help') throw new Error('asked for no help');
    expect(await command.run(context, parsed)).toBe(3);
    expect(calls).toEqual([{ flags: { listen: ':5000', config: 'x.yaml' }, environment, checkout: '/checkout' }]);
    expect(isReleased).toBe(true);
  });
});

describe('loadServeCommand()', () => {
  it("knows the real server's settings", async () => {
    const command = await loadServeCommand();
    expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(['config', 'listen', 'data', 'public-url']));
  });
});
