import { accessSync, constants, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

/** Buffers of pieces live long and die at once: a small young generation keeps the process small. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512', '--disable-warning=ExperimentalWarning'];

const MOUNTS = ['--mount', '--propagation', 'private'];

/**
 * What the processes have of their own. `mount`: a mount namespace, so that nothing they mount outlives them (root). `user`: a user
 * namespace too, in which an ordinary user may mount and chown. `none`: nothing.
 */
export type WorkerNamespace = 'none' | 'mount' | 'user';

export interface WorkerCommandOptions {
  readonly namespace: WorkerNamespace;
  /** A list of folders like `PATH`. */
  readonly searchPath: string;
}

/** What starts Node.js in its namespaces: `unshare` becomes it, so that process id and channel stay. The entry's path is to follow. */
export function workerCommand({ namespace, searchPath }: WorkerCommandOptions): readonly string[] {
  const node = [process.execPath, ...NODE_FLAGS];
  switch (namespace) {
    case 'none':
      return node;
    case 'mount':
      return ['unshare', ...MOUNTS, ...node];
    case 'user':
      return ['unshare', '--user', '--map-root-user', ...(canMapMore(searchPath) ? ['--map-auto'] : []), ...MOUNTS, ...node];
  }
}

/** Whether the machine gives this user more ids than their own. Without them files of other owners become the user's own. */
function canMapMore(searchPath: string): boolean {
  const programs = ['newuidmap', 'newgidmap'];
  return programs.every((program) => isFound(program, searchPath)) && ['/etc/subuid', '/etc/subgid'].every(hasRangeOfUser);
}

function isFound(program: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((folder) => folder !== '' && isAccessible(join(folder, program), constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    // Whatever the reason, it can't be used.
    return false;
  }
}

function hasRangeOfUser(path: string): boolean {
  if (!isAccessible(path, constants.R_OK)) return false;
  const lines = readFileSync(path, 'utf8').split('\n');
  const owners = new Set(lines.map((line) => line.split(':')[0]));
  return owners.has(String(process.getuid?.())) || owners.has(nameOfUser());
}

function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in /etc/passwd.
    return undefined;
  }
}
