import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { SystemError } from './system-error.ts';

// The one file that knows koffi. The library is loaded with the first call, not with this module: most commands never make one.

export type SystemPath = string | Uint8Array;

type Bytes = Uint8Array | BigInt64Array | BigUint64Array;

// Arguments are copied here: a call allocates nothing, and nothing moves while the kernel reads.
export const first = Buffer.allocUnsafeSlow(8192);
export const second = Buffer.allocUnsafeSlow(8192);
export const third = Buffer.allocUnsafeSlow(8192);

const EINVAL = 22;

export function checked(result: number, syscall: string, path?: SystemPath): number {
  if (result >= 0) return result;
  throw failure(syscall, path);
}

export function failure(syscall: string, path?: SystemPath): SystemError {
  return new SystemError(calls().lastErrno(), syscall, path);
}

/** `path` with its closing NUL, in `into` where it fits. */
export function pathBytes(path: SystemPath, into: Buffer): Uint8Array {
  if (typeof path === 'string') return textBytes(path, into);
  const length = path.length > 0 && path[path.length - 1] === 0 ? path.length - 1 : path.length;
  const nul = path.indexOf(0);
  if (nul >= 0 && nul < length) throw new SystemError(EINVAL, 'path', path);
  const bytes = length < into.length ? into : Buffer.allocUnsafeSlow(length + 1);
  bytes.set(length === path.length ? path : path.subarray(0, length));
  bytes[length] = 0;
  return bytes;
}

function textBytes(path: string, into: Buffer): Uint8Array {
  const text = path.endsWith('\0') ? path.slice(0, -1) : path;
  if (text.includes('\0')) throw new SystemError(EINVAL, 'path', path);
  // UTF-8 takes at most three bytes for a unit of text.
  if (text.length * 3 >= into.length) return Buffer.from(`${text}\0`);
  into[into.write(text, 'utf8')] = 0;
  return into;
}

let loaded: ReturnType<typeof loadCalls> | undefined;

/** The C library's functions as they are: -1 says that `failure` knows why. */
export function calls(): ReturnType<typeof loadCalls> {
  loaded ??= loadCalls();
  return loaded;
}

function loadCalls() {
  // Through createRequire: a bundle leaves it to be found beside it, and it is loaded only now.
  const foreign = createRequire(import.meta.url)('koffi') as typeof koffi;
  const library = foreign.load(null);
  function call<Parameters extends unknown[]>(definition: string): (...parameters: Parameters) => number {
    return library.func(definition) as unknown as (...parameters: Parameters) => number;
  }
  return {
    lastErrno: () => foreign.errno(),
    openat: call<[number, Bytes, number, number]>('int openat(int fd, const void *path, int flags, uint32_t mode)'),
    // glibc has no wrapper before 2.42.
    openat2: call<[number, number, Bytes, Bytes, number]>(
      'long syscall(long number, long fd, const void *path, const void *how, size_t size)',
    ),
    close: call<[number]>('int close(int fd)'),
    write: call<[number, Bytes, number]>('int64_t write(int fd, const void *bytes, size_t size)'),
    pwrite: call<[number, Bytes, number, number]>('int64_t pwrite64(int fd, const void *bytes, size_t size, int64_t offset)'),
    ftruncate: call<[number, number]>('int ftruncate64(int fd, int64_t size)'),
    lseek: call<[number, number, number]>('int64_t lseek64(int fd, int64_t offset, int whence)'),
    copy_file_range: call<[number, Bytes, number, Bytes, number, number]>(
      'int64_t copy_file_range(int from, void *from_offset, int to, void *to_offset, size_t size, uint32_t flags)',
    ),
    ioctl: call<[number, number, number]>('int ioctl(int fd, unsigned long request, long argument)'),
    mkdirat: call<[number, Bytes, number]>('int mkdirat(int fd, const void *path, uint32_t mode)'),
    symlinkat: call<[Bytes, number, Bytes]>('int symlinkat(const void *target, int fd, const void *path)'),
    linkat: call<[number, Bytes, number, Bytes, number]>('int linkat(int from_fd, const void *from, int fd, const void *path, int flags)'),
    unlinkat: call<[number, Bytes, number]>('int unlinkat(int fd, const void *path, int flags)'),
    renameat2: call<[number, Bytes, number, Bytes, number]>(
      'int renameat2(int from_fd, const void *from, int fd, const void *path, uint32_t flags)',
    ),
    mknodat: call<[number, Bytes, number, bigint]>('int mknodat(int fd, const void *path, uint32_t mode, uint64_t device)'),
    fchown: call<[number, number, number]>('int fchown(int fd, uint32_t uid, uint32_t gid)'),
    fchownat: call<[number, Bytes, number, number, number]>(
      'int fchownat(int fd, const void *path, uint32_t uid, uint32_t gid, int flags)',
    ),
    fchmod: call<[number, number]>('int fchmod(int fd, uint32_t mode)'),
    fchmodat: call<[number, Bytes, number, number]>('int fchmodat(int fd, const void *path, uint32_t mode, int flags)'),
    futimens: call<[number, Bytes]>('int futimens(int fd, const void *times)'),
    utimensat: call<[number, Bytes, Bytes, number]>('int utimensat(int fd, const void *path, const void *times, int flags)'),
    fgetxattr: call<[number, Bytes, Bytes, number]>('int64_t fgetxattr(int fd, const void *name, void *value, size_t size)'),
    lgetxattr: call<[Bytes, Bytes, Bytes, number]>('int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)'),
    flistxattr: call<[number, Bytes, number]>('int64_t flistxattr(int fd, void *list, size_t size)'),
    llistxattr: call<[Bytes, Bytes, number]>('int64_t llistxattr(const void *path, void *list, size_t size)'),
    fsetxattr: call<[number, Bytes, Bytes, number, number]>(
      'int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)',
    ),
    lsetxattr: call<[Bytes, Bytes, Bytes, number, number]>(
      'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
    ),
    fremovexattr: call<[number, Bytes]>('int fremovexattr(int fd, const void *name)'),
    lremovexattr: call<[Bytes, Bytes]>('int lremovexattr(const void *path, const void *name)'),
    flock: call<[number, number]>('int flock(int fd, int operation)'),
    syncfs: call<[number]>('int syncfs(int fd)'),
    mount: call<[Bytes, Bytes, Bytes, number, Bytes]>(
      'int mount(const void *source, const void *target, const void *type, unsigned long flags, const void *options)',
    ),
    umount2: call<[Bytes, number]>('int umount2(const void *target, int flags)'),
    umask: call<[number]>('uint32_t umask(uint32_t mask)'),
    prctl: call<[number, number, number, number, number]>(
      'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
    ),
    fcntl: call<[number, number, number]>('int fcntl(int fd, int command, long argument)'),
  };
}
