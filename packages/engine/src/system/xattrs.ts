import { calls, checked, failure, first, pathBytes, type SystemPath, second } from './kernel.ts';

/** The value, or undefined where there is none. A number is an open file, a path stands for itself even when it is a symlink. */
export function getXattr(file: number | SystemPath, name: string): Buffer | undefined {
  const { fgetxattr, lgetxattr } = calls();
  const key = pathBytes(name, second);
  return readGrowing('getxattr', (into) =>
    typeof file === 'number' ? fgetxattr(file, key, into, into.length) : lgetxattr(pathBytes(file, first), key, into, into.length),
  );
}

/** The names of a file's extended attributes, as text where they are UTF-8. Empty where the filesystem has none. */
export function listXattrs(file: number | SystemPath): string[] {
  const { flistxattr, llistxattr } = calls();
  const names = readGrowing('listxattr', (into) =>
    typeof file === 'number' ? flistxattr(file, into, into.length) : llistxattr(pathBytes(file, first), into, into.length),
  );
  return names === undefined || names.length === 0 ? [] : names.toString('utf8', 0, names.length - 1).split('\0');
}

export function setXattr(file: number | SystemPath, name: string, value: Uint8Array): void {
  const key = pathBytes(name, second);
  const { fsetxattr, lsetxattr } = calls();
  const result =
    typeof file === 'number'
      ? fsetxattr(file, key, value, value.length, 0)
      : lsetxattr(pathBytes(file, first), key, value, value.length, 0);
  checked(result, 'setxattr', name);
}

/** Does nothing where there is none. */
export function removeXattr(file: number | SystemPath, name: string): void {
  const key = pathBytes(name, second);
  const { fremovexattr, lremovexattr } = calls();
  if ((typeof file === 'number' ? fremovexattr(file, key) : lremovexattr(pathBytes(file, first), key)) === 0) return;
  const error = failure('removexattr', name);
  if (error.code !== 'ENODATA') throw error;
}

/** What leads to `name` in an open folder, for the calls that take no folder. */
export function pathBelow(folderFd: number, name: SystemPath): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${folderFd}/`), typeof name === 'string' ? Buffer.from(name) : name]);
}

/** Reads with a buffer that grows while the kernel finds it too small. Undefined where there is nothing or no such thing. */
function readGrowing(syscall: string, read: (into: Buffer) => number): Buffer | undefined {
  for (let sizeBytes = 1024; ; sizeBytes *= 4) {
    const into = Buffer.allocUnsafe(sizeBytes);
    const length = read(into);
    if (length >= 0) return into.subarray(0, length);
    const error = failure(syscall);
    if (error.code === 'ENODATA' || error.code === 'EOPNOTSUPP') return undefined;
    if (error.code !== 'ERANGE' || sizeBytes > 1024 * 1024) throw error;
  }
}
