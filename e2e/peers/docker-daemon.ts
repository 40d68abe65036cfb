import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startContainerd } from './containerd.ts';
import { startDaemon } from './daemon.ts';
import { peerEnvironment } from './peer-environment.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from './program.ts';
import { releaseMounts } from './release-mounts.ts';

export const DOCKER_PACKAGES = ['docker.io', 'containerd', 'runc'];

export interface DockerDaemon extends AsyncDisposable {
  readonly pid: number;
  /** Value for DOCKER_HOST. */
  readonly host: string;
  /** Runs the packaged docker client against this daemon, with a config folder of its own. */
  docker(args: readonly string[], options?: DockerOptions): Promise<ProgramResult>;
  logs(): Promise<string>;
}

export interface DockerOptions extends Pick<ProgramOptions, 'input' | 'timeoutMs' | 'cwd'> {
  /** Another client than the packaged one. */
  readonly program?: string;
}

/**
 * Starts dockerd of an unpacked package set with all of its state below `folder`. It makes no bridge, no firewall rule and no route, and changes no
 * kernel setting; its containers have no network. Disposal ends it and its containerd and unmounts what they left.
 */
export async function startDockerDaemon(root: string, folder: string): Promise<DockerDaemon> {
  await mkdir(join(folder, 'config'), { recursive: true });
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const env = { ...peerEnvironment(root, folder), DOCKER_HOST: socket, DOCKER_CONFIG: join(folder, 'config') };
  const docker = (args: readonly string[], options: DockerOptions = {}) => {
    const { program = join(root, 'usr/bin/docker'), ...rest } = options;
    return runProgram(program, args, { env, ...rest });
  };
  await writeFile(join(folder, 'daemon.json'), '{}');
  // Without one of its own, dockerd would use a containerd that runs on the host.
  const containerd = await startContainerd(root, join(folder, 'containerd'));
  const args = [
    ['--host', socket, '--containerd', containerd.socket, '--config-file', join(folder, 'daemon.json')],
    ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'docker.pid')],
    ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false', '--userland-proxy=false'],
    ['--storage-driver=overlay2', '--exec-opt', 'native.cgroupdriver=cgroupfs'],
  ].flat();
  const daemon = await startDaemon({
    command: join(root, 'usr/sbin/dockerd'),
    args,
    env,
    logFile: join(folder, 'dockerd.log'),
    isReady: async () => (await docker(['version', '--format', '{{.Server.Version}}'])).code === 0,
  }).catch(async (error: unknown) => {
    await containerd[Symbol.asyncDispose]();
    throw error;
  });
  return {
    pid: daemon.pid,
    host: socket,
    docker,
    logs: daemon.logs,
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await containerd[Symbol.asyncDispose]();
      await releaseMounts(folder);
    },
  };
}
