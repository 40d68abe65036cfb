import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '@slipway/base';
import { formatSize } from '../../output/size.ts';
import { aptGet, type Check, missing, programCheck, there } from './check.ts';
import type { Machine } from './machine.ts';

const IN_USER_NAMESPACE = ['--user', '--map-root-user', '--mount'];
const IN_MOUNT_NAMESPACE = ['--mount', '--propagation', 'private'];

/** What pull, push and images work with first, then what containers will. */
export const CHECKS: readonly Check[] = [
  {
    name: 'home folder',
    purpose: 'images are kept in it',
    need: 'always',
    async look({ home }) {
      try {
        await mkdir(home, { recursive: true, mode: 0o700 });
        const { bavail, bsize } = await statfs(home);
        return there(`${home}, ${formatSize(bavail * bsize)} free`);
      } catch (error) {
        return missing(messageOf(error), 'set SLIPWAY_HOME to a folder of yours');
      }
    },
  },
  programCheck('unshare', { purpose: 'layers are unpacked in a mount namespace', packages: 'util-linux', need: 'always' }),
  {
    name: 'user namespaces',
    purpose: 'layers keep their owners without root',
    need: 'without-root',
    async look(machine) {
      const works = await machine.tryScript({ unshare: IN_USER_NAMESPACE, folder: existingFolder(machine.home), script: 'true' });
      return works ? there('work') : missing('the kernel refuses them', `sysctl -w ${await refusingSetting(machine)}`);
    },
  },
  {
    name: 'subordinate ids',
    purpose: 'files of other owners, without root: they become your own otherwise',
    need: 'never',
    async look(machine) {
      if (machine.isRoot) return there('not needed by root');
      if ((await machine.findProgram('newuidmap')) === undefined) return missing('newuidmap is not installed', aptGet('uidmap'));
      const ranges = ((await machine.readText('/etc/subuid')) ?? '').split('\n').filter((line) => line.startsWith(`${machine.userName}:`));
      if (ranges.length > 0) return there(`/etc/subuid ${ranges.join(' ')}`);
      return missing('/etc/subuid has no range', `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${machine.userName}`);
    },
  },
  {
    name: 'overlayfs',
    purpose: 'images share layers on disk; without it they are copied',
    need: 'never',
    async look(machine) {
      const folder = existingFolder(machine.home);
      if (machine.isRoot && (await machine.tryScript({ unshare: IN_MOUNT_NAMESPACE, folder, script: overlayScript('') }))) {
        return there('native');
      }
      const works = await machine.tryScript({ unshare: IN_USER_NAMESPACE, folder, script: overlayScript(',userxattr') });
      return works ? there('in a user namespace') : missing(`cannot be mounted in ${folder}`, 'modprobe overlay');
    },
  },
  programCheck('igzip', { purpose: 'gzip layers are read and written several times as fast', packages: 'isal' }),
  {
    name: 'cgroups',
    purpose: 'limits of containers',
    need: 'never',
    async look(machine) {
      const controllers = (await machine.readText('/sys/fs/cgroup/cgroup.controllers'))?.trim();
      if (controllers !== undefined) return there(controllers === '' ? 'v2, without controllers' : `v2: ${controllers}`);
      const old = (await machine.listFolder('/sys/fs/cgroup')).filter((name) => name !== 'systemd' && name !== 'unified');
      if (old.length > 0) return there(`v1: ${old.toSorted().join(' ')}`);
      return missing('/sys/fs/cgroup is not mounted', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup');
    },
  },
  programCheck('runc', { purpose: 'runs containers', packages: 'runc', programs: ['runc', 'crun'] }),
  programCheck('conmon', { purpose: 'watches over containers', packages: 'conmon' }),
  programCheck('netavark', { purpose: 'networks of containers', packages: 'netavark' }),
  programCheck('aardvark-dns', { purpose: 'names of containers in their networks', packages: 'aardvark-dns' }),
  programCheck('iptables', { purpose: 'published ports', packages: 'iptables', programs: ['iptables', 'nft'] }),
  {
    name: 'qemu',
    purpose: 'containers of other architectures',
    need: 'never',
    async look(machine) {
      const handlers = (await machine.listFolder('/proc/sys/fs/binfmt_misc')).filter((name) => name.startsWith('qemu-'));
      if (handlers.length > 0) return there(handlers.map((name) => name.slice('qemu-'.length)).join(' '));
      return missing('not registered with the kernel', aptGet('qemu-user-static binfmt-support'));
    },
  },
];

function overlayScript(option: string): string {
  return `cd "$1"; mkdir lower upper work all; mount -t overlay overlay -o "lowerdir=lower,upperdir=upper,workdir=work${option}" all; touch all/file; umount all`;
}

/** The home folder, or the nearest folder above it that is there. */
function existingFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

async function refusingSetting(machine: Machine): Promise<string> {
  const isZero = async (path: string) => (await machine.readText(path))?.trim() === '0';
  if (await isZero('/proc/sys/kernel/unprivileged_userns_clone')) return 'kernel.unprivileged_userns_clone=1';
  if (await isZero('/proc/sys/user/max_user_namespaces')) return 'user.max_user_namespaces=65536';
  return 'kernel.apparmor_restrict_unprivileged_userns=0';
}
