import { join } from 'node:path';

const MULTIARCH = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const PROGRAM_FOLDERS = ['usr/bin', 'usr/sbin', 'bin', 'sbin', 'usr/lib/podman'];

/** The environment in which programs of an unpacked package set find each other and their libraries. `home` keeps them off the user's files. */
export function peerEnvironment(root: string, home: string): Record<string, string> {
  return {
    PATH: [...PROGRAM_FOLDERS.map((folder) => join(root, folder)), process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
    LD_LIBRARY_PATH: ['usr/lib', 'lib'].map((folder) => join(root, folder, MULTIARCH)).join(':'),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
  };
}
