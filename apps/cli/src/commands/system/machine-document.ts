import { readFile } from 'node:fs/promises';
import { cpus, hostname, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { redact } from '@slipway/base';
import { readMirrors } from '@slipway/client';
import type { Engine } from '@slipway/engine';
import type { CliContext } from '../../context.ts';
import { dockerConfigFolder, slipwayHome } from '../../slipway-home.ts';
import { goArchitecture } from '../version/go-architecture.ts';
import { readVersion } from '../version/read-version.ts';

/** What `info` says, under docker's names; its own are Home, DockerConfig, Registry and Mirrors. */
export async function describeMachine(context: CliContext, engine: Engine) {
  const { environment } = context;
  const { medium, xattrs, namespace, reasons } = await engine.snapshotter();
  const home = slipwayHome(context);
  const users = [...engine.images.uses().values()].flat();
  const containers = new Map(users.map((user) => [user.user, user]));
  const running = [...containers.values()].filter(({ isRunning }) => isRunning).length;
  const proxy = (name: string): string => withoutUserInfo(environment[name.toLowerCase()] || environment[name] || '');
  const version = await readVersion(context.checkout);
  return {
    Containers: containers.size,
    ContainersRunning: running,
    ContainersStopped: containers.size - running,
    Images: engine.images.list().length,
    Driver: medium,
    DriverStatus: [
      ...(xattrs === undefined ? [] : [['Extended attributes', `${xattrs}.overlay`]]),
      ['Namespace', namespace],
      ...reasons.map((reason) => ['Nothing better because', reason]),
    ],
    Home: home,
    DockerRootDir: home,
    DockerConfig: dockerConfigFolder(context),
    Registry: withoutUserInfo(environment['SLIPWAY_REGISTRY'] || 'docker.io'),
    Mirrors: await readMirrors(join(home, 'mirrors.json')),
    HttpProxy: proxy('HTTP_PROXY'),
    HttpsProxy: proxy('HTTPS_PROXY'),
    NoProxy: proxy('NO_PROXY'),
    Name: hostname(),
    OperatingSystem: await operatingSystem(),
    OSType: process.platform,
    KernelVersion: release(),
    Architecture: goArchitecture(process.arch),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    ServerVersion: version,
    NodeVersion: process.versions.node,
    Rootless: process.getuid?.() !== 0,
  };
}

export type MachineDocument = Awaited<ReturnType<typeof describeMachine>>;

/** User names and passwords may stand before the host, in URLs and in addresses without a scheme. */
function withoutUserInfo(address: string): string {
  return redact(address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1'));
}

/** As the system calls itself. */
async function operatingSystem(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? process.platform;
}
