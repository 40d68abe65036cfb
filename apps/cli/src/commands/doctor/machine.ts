import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** This machine as checks look at it. Nothing that a check does outlives it. */
export interface Machine {
  readonly isRoot: boolean;
  readonly userName: string;
  /** `$SLIPWAY_HOME`; may not be there yet. */
  readonly home: string;
  /** A program's path: in the search path, where only root's programs are, or where podman keeps its own. */
  findProgram(name: string): Promise<string | undefined>;
  /** The first line of what it prints, or undefined when it fails. */
  firstLine(program: string, args: readonly string[]): Promise<string | undefined>;
  /** Whether a shell script succeeds in these namespaces (`unshare`'s flags); `$1` is a new, empty folder on the filesystem of `folder`. */
  tryScript(attempt: ScriptAttempt): Promise<boolean>;
  /** A small file's text, or undefined. */
  readText(path: string): Promise<string | undefined>;
  listFolder(path: string): Promise<readonly string[]>;
}

export interface ScriptAttempt {
  readonly unshare: readonly string[];
  readonly folder: string;
  readonly script: string;
}

export interface MachineOptions {
  readonly searchPath: string;
  readonly home: string;
  readonly isRoot: boolean;
  readonly userName: string;
  readonly signal: AbortSignal;
}

const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/libexec/podman', '/usr/libexec/podman', '/usr/lib/podman'];
const PATIENCE_MS = 5000;
const run = promisify(execFile);

export function createMachine({ searchPath, signal, ...facts }: MachineOptions): Machine {
  const folders = [...searchPath.split(':').filter((folder) => folder.startsWith('/')), ...MORE_FOLDERS];
  const environment = { PATH: folders.join(':'), LC_ALL: 'C' };

  async function output(program: string, args: readonly string[]): Promise<string | undefined> {
    try {
      return (await run(program, args, { env: environment, timeout: PATIENCE_MS, signal })).stdout;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  return {
    ...facts,
    async findProgram(name) {
      for (const folder of folders) {
        const path = join(folder, name);
        if (await isExecutable(path)) return path;
      }
      return undefined;
    },
    firstLine: async (program, args) => (await output(program, args))?.split('\n').find((line) => line.trim() !== ''),
    async tryScript({ unshare, folder, script }) {
      const temporary = await mkdtemp(join(folder, '.doctor-')).catch(() => undefined);
      if (temporary === undefined) return false;
      try {
        return (await output('unshare', [...unshare, 'sh', '-ec', script, 'sh', temporary])) !== undefined;
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    },
    readText: async (path) => await readFile(path, 'utf8').catch(() => undefined),
    listFolder: async (path) => await readdir(path).catch(() => []),
  };
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
