import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { peerEnvironment } from './peer-environment.ts';
import { type ProgramResult, runProgram } from './program.ts';
import { releaseMounts } from './release-mounts.ts';

export const CONTAINERD_PACKAGES = ['containerd', 'runc'];

export interface Containerd extends AsyncDisposable {
  /** The path of the socket on which it listens. */
  readonly socket: string;
  /** Runs `ctr` against it, in a namespace of its own. */
  ctr(args: readonly string[]): Promise<ProgramResult>;
  logs(): Promise<string>;
}

/** Starts containerd of an unpacked package set with all of its state below `folder`. */
export async function startContainerd(root: string, folder: string): Promise<Containerd> {
  await mkdir(folder, { recursive: true });
  const env = peerEnvironment(root, folder);
  const socket = join(folder, 'containerd.sock');
  const config = join(folder, 'config.toml');
  // The CRI plugin wants a network configuration and a sandbox image, and nobody here speaks CRI.
  const settings = [
    'version = 2',
    'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]',
    `root = "${join(folder, 'root')}"`,
    `state = "${join(folder, 'state')}"`,
    '[grpc]',
    `address = "${socket}"`,
    '[ttrpc]',
    `address = "${socket}.ttrpc"`,
  ];
  await writeFile(config, `${settings.join('\n')}\n`);
  const ctr = (args: readonly string[]) =>
    runProgram(join(root, 'usr/bin/ctr'), ['--address', socket, '--namespace', 'e2e', ...args], { env });
  const daemon = await startDaemon({
    command: join(root, 'usr/bin/containerd'),
    args: ['--config', config],
    env,
    logFile: join(folder, 'containerd.log'),
    isReady: async () => (await ctr(['version'])).code === 0,
  });
  return {
    socket,
    ctr,
    logs: daemon.logs,
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await releaseMounts(folder);
    },
  };
}
