import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** A failed system call, shaped like Node's own: `code`, `errno` (negative), `syscall`, `path`. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;

  constructor(errno: number, syscall: string, path?: string | Uint8Array) {
    const code = NAMES.get(errno) ?? `E${errno}`;
    const shown = path === undefined ? undefined : shownPath(path);
    super(`${code}: ${getSystemErrorMessage(-errno)}, ${syscall}${shown === undefined ? '' : ` '${shown}'`}`);
    this.name = 'Error';
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.path = shown;
  }
}

function shownPath(path: string | Uint8Array): string {
  const text = typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}
