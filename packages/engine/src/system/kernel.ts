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

/** Through createRequire: a bundle leaves it to be found beside it, and it is loaded only now. */
export function loadKoffi(): typeof koffi {
  return createRequire(import.meta.url)('koffi') as typeof koffi;
}

function loadCalls() {
  const foreign = loadKoffi();
  const library = foreign.load(null);
  const call = (definition: string): unknown => library.func(definition);
  return {
    lastErrno: () => foreign.errno(),
    openat: call('int openat(int fd, const void *path, int flags, uint32_t mode)') as (
      ...parameters: [number, Bytes, number, number]
    ) => number,
    // glibc has no wrapper before 2.42.
    openat2: call('long syscall(long number, long fd, const void *path, const void *how, size_t size)') as (
      ...parameters: [number, number, Bytes, Bytes, number]
    ) => number,
    close: call('int close(int fd)') as (...parameters: [number]) => number,
    write: call('int64_t write(int fd, const void *bytes, size_t size)') as (...parameters: [number, Bytes, number]) => number,
    pwrite: call('int64_t pwrite64(int fd, const void *bytes, size_t size, int64_t offset)') as (
      ...parameters: [number, Bytes, number, number]
    ) => number,
    ftruncate: call('int ftruncate64(int fd, int64_t size)') as (...parameters: [number, number]) => number,
    lseek: call('int64_t lseek64(int fd, int64_t offset, int whence)') as (...parameters: [number, number, number]) => number,
    copy_file_range: call('int64_t copy_file_range(int from, void *from_offset, int to, void *to_offset, size_t size, uint32_t flags)') as (
      ...parameters: [number, Bytes, number, Bytes, number, number]
    ) => number,
    ioctl: call('int ioctl(int fd, unsigned long request, long argument)') as (...parameters: [number, number, number]) => number,
    mkdirat: call('int mkdirat(int fd, const void *path, uint32_t mode)') as (...parameters: [number, Bytes, number]) => number,
    symlinkat: call('int symlinkat(const void *target, int fd, const void *path)') as (...parameters: [Bytes, number, Bytes]) => number,
    linkat: call('int linkat(int from_fd, const void *from, int fd, const void *path, int flags)') as (
      ...parameters: [number, Bytes, number, Bytes, number]
    ) => number,
    unlinkat: call('int unlinkat(int fd, const void *path, int flags)') as (...parameters: [number, Bytes, number]) => number,
    renameat2: call('int renameat2(int from_fd, const void *from, int fd, const void *path, uint32_t flags)') as (
      ...parameters: [number, Bytes, number, Bytes, number]
    ) => number,
    mknodat: call('int mknodat(int fd, const void *path, uint32_t mode, uint64_t device)') as (
      ...parameters: [number, Bytes, number, bigint]
    ) => number,
    fchown: call('int fchown(int fd, uint32_t uid, uint32_t gid)') as (...parameters: [number, number, number]) => number,
    fchownat: call('int fchownat(int fd, const void *path, uint32_t uid, uint32_t gid, int flags)') as (
      ...parameters: [number, Bytes, number, number, number]
    ) => number,
    fchmod: call('int fchmod(int fd, uint32_t mode)') as (...parameters: [number, number]) => number,
    fchmodat: call('int fchmodat(int fd, const void *path, uint32_t mode, int flags)') as (
      ...parameters: [number, Bytes, number, number]
    ) => number,
    futimens: call('int futimens(int fd, const void *times)') as (...parameters: [number, Bytes]) => number,
    utimensat: call('int utimensat(int fd, const void *path, const void *times, int flags)') as (
      ...parameters: [number, Bytes, Bytes, number]
    ) => number,
    fgetxattr: call('int64_t fgetxattr(int fd, const void *name, void *value, size_t size)') as (
      ...parameters: [number, Bytes, Bytes, number]
    ) => number,
    lgetxattr: call('int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)') as (
      ...parameters: [Bytes, Bytes, Bytes, number]
    ) => number,
    flistxattr: call('int64_t flistxattr(int fd, void *list, size_t size)') as (...parameters: [number, Bytes, number]) => number,
    llistxattr: call('int64_t llistxattr(const void *path, void *list, size_t size)') as (...parameters: [Bytes, Bytes, number]) => number,
    fsetxattr: call('int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)') as (
      ...parameters: [number, Bytes, Bytes, number, number]
    ) => number,
    lsetxattr: call('int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)') as (
      ...parameters: [Bytes, Bytes, Bytes, number, number]
    ) => number,
    fremovexattr: call('int fremovexattr(int fd, const void *name)') as (...parameters: [number, Bytes]) => number,
    lremovexattr: call('int lremovexattr(const void *path, const void *name)') as (...parameters: [Bytes, Bytes]) => number,
    flock: call('int flock(int fd, int operation)') as (...parameters: [number, number]) => number,
    syncfs: call('int syncfs(int fd)') as (...parameters: [number]) => number,
    mount: call('int mount(const void *source, const void *target, const void *type, unsigned long flags, const void *options)') as (
      ...parameters: [Bytes, Bytes, Bytes, number, Bytes]
    ) => number,
    umount2: call('int umount2(const void *target, int flags)') as (...parameters: [Bytes, number]) => number,
    umask: call('uint32_t umask(uint32_t mask)') as (...parameters: [number]) => number,
    prctl: call('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)') as (
      ...parameters: [number, number, number, number, number]
    ) => number,
    fcntl: call('int fcntl(int fd, int command, long argument)') as (...parameters: [number, number, number]) => number,
  };
}
