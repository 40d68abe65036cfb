import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peerEnvironment } from './peer-environment.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from './program.ts';
import { releaseMounts } from './release-mounts.ts';

export const CONTAINERS_PACKAGES = [
  'skopeo',
  'podman',
  'buildah',
  'conmon',
  'runc',
  'netavark',
  'aardvark-dns',
  'golang-github-containers-common',
];

type Options = Pick<ProgramOptions, 'input' | 'timeoutMs' | 'cwd'>;

export interface ContainersTools extends AsyncDisposable {
  skopeo(args: readonly string[], options?: Options): Promise<ProgramResult>;
  podman(args: readonly string[], options?: Options): Promise<ProgramResult>;
  buildah(args: readonly string[], options?: Options): Promise<ProgramResult>;
  /** Forgets every login. */
  logout(): Promise<void>;
}

export interface ContainersToolsOptions {
  /** `host:port` of a registry without TLS, where unqualified names are searched too. */
  readonly registry: string;
}

/** skopeo, podman and buildah of an unpacked package set, with configuration, credentials and storage of their own below `folder`. */
export async function openContainersTools(root: string, folder: string, options: ContainersToolsOptions): Promise<ContainersTools> {
  const at = (name: string) => join(folder, name);
  // The only place of a policy that every subcommand of every tool reads; /etc need not have one.
  await mkdir(at('home/.config/containers'), { recursive: true });
  await writeFile(at('home/.config/containers/policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  await writeFile(at('registries.conf'), registriesConf(options.registry));
  await writeFile(at('storage.conf'), storageConf(at('run'), at('storage')));
  await writeFile(at('containers.conf'), containersConf(root, folder));
  const logout = () => writeFile(at('auth.json'), '{"auths":{}}');
  await logout();
  const env = {
    ...peerEnvironment(root, at('home')),
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
    CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
    REGISTRY_AUTH_FILE: at('auth.json'),
    XDG_RUNTIME_DIR: at('run'),
    BUILDAH_ISOLATION: 'chroot',
  };
  const run = (program: string, args: readonly string[], programOptions: Options = {}) =>
    runProgram(join(root, 'usr/bin', program), args, { env, cwd: folder, ...programOptions });
  const registries = ['--registries-conf', at('registries.conf')];
  return {
    skopeo: (args, programOptions) => run('skopeo', [...registries, ...args], programOptions),
    podman: (args, programOptions) => run('podman', ['--cgroup-manager=cgroupfs', ...args], programOptions),
    buildah: (args, programOptions) => run('buildah', [...registries, ...args], programOptions),
    logout,
    async [Symbol.asyncDispose]() {
      await releaseMounts(folder);
    },
  };
}

function registriesConf(registry: string): string {
  return `unqualified-search-registries = ["${registry}"]\nshort-name-mode = "permissive"\n[[registry]]\nlocation = "${registry}"\ninsecure = true\n`;
}

function storageConf(runRoot: string, graphRoot: string): string {
  return `[storage]\ndriver = "overlay"\nrunroot = "${runRoot}"\ngraphroot = "${graphRoot}"\n`;
}

function containersConf(root: string, folder: string): string {
  const engine = [
    '[engine]',
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    `helper_binaries_dir = ["${join(root, 'usr/lib/podman')}", "${join(root, 'usr/bin')}"]`,
    `conmon_path = ["${join(root, 'usr/bin/conmon')}"]`,
    `static_dir = "${join(folder, 'libpod')}"`,
    `tmp_dir = "${join(folder, 'run/libpod')}"`,
    `volume_path = "${join(folder, 'volumes')}"`,
    '[engine.runtimes]',
    `runc = ["${join(root, 'usr/sbin/runc')}"]`,
    '[network]',
    'network_backend = "netavark"',
    `network_config_dir = "${join(folder, 'networks')}"`,
  ];
  return `${engine.join('\n')}\n`;
}
