import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC } from './constants.ts';
import { calls, checked, failure, first, pathBytes, type SystemPath, second, third } from './kernel.ts';
import { SystemError } from './system-error.ts';

// The kernel's calls that Node.js lacks; those for extended attributes are in `xattrs.ts`. All are synchronous. Paths are text (written as
// UTF-8) or bytes, with or without a closing NUL; a NUL within fails with EINVAL. Errors: `SystemError`, whose `code` is the kernel's.

export type { SystemPath } from './kernel.ts';

/** A name below an open folder. */
export interface PathAt {
  readonly folderFd: number;
  readonly path: SystemPath;
}

export interface OpenFlags {
  /** O_CLOEXEC is always set. */
  readonly flags: number;
  readonly mode?: number;
}

export interface OpenHow extends OpenFlags {
  readonly resolve: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Seconds since the epoch, rounded down; `nanoseconds` counts up from there. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function openat(folderFd: number, path: SystemPath, { flags, mode = 0 }: OpenFlags): number {
  return checked(calls().openat(folderFd, pathBytes(path, first), flags | O_CLOEXEC, mode), 'openat', path);
}

/** Linux 5.6. `resolve` says how far the path may lead (RESOLVE_*). */
export function openat2(folderFd: number, path: SystemPath, { flags, mode = 0, resolve }: OpenHow): number {
  how[0] = BigInt(flags | O_CLOEXEC);
  how[1] = BigInt(mode);
  how[2] = BigInt(resolve);
  return checked(calls().openat2(OPENAT2, folderFd, pathBytes(path, first), how, how.byteLength), 'openat2', path);
}

export function close(fd: number): void {
  checked(calls().close(fd), 'close');
}

/** Writes all of `bytes` where the file stands. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  const { write } = calls();
  for (let at = 0; at < bytes.length; ) {
    at += checked(write(fd, at === 0 ? bytes : bytes.subarray(at), bytes.length - at), 'write');
  }
}

/** Writes all of `bytes` at `offset`. */
export function pwriteAll(fd: number, bytes: Uint8Array, offset: number): void {
  const { pwrite } = calls();
  for (let at = 0; at < bytes.length; ) {
    at += checked(pwrite(fd, at === 0 ? bytes : bytes.subarray(at), bytes.length - at, offset + at), 'pwrite');
  }
}

export function ftruncate(fd: number, sizeBytes: number): void {
  checked(calls().ftruncate(fd, sizeBytes), 'ftruncate');
}

/** Where the next data or hole begins (SEEK_DATA, SEEK_HOLE); undefined where no data follows. */
export function lseek(fd: number, offset: number, whence: number): number | undefined {
  const at = calls().lseek(fd, offset, whence);
  if (at >= 0) return at;
  const error = failure('lseek');
  if (error.code === 'ENXIO') return undefined;
  throw error;
}

export interface CopyRange {
  readonly fromFd: number;
  readonly toFd: number;
  /** Of both files. */
  readonly offset: number;
  readonly length: number;
}

/** Copies within the kernel, sharing blocks where the filesystem can; returns how many bytes it copied, 0 at the end of the file. */
export function copyFileRange({ fromFd, toFd, offset, length }: CopyRange): number {
  offsets[0] = BigInt(offset);
  offsets[1] = BigInt(offset);
  const copied = calls().copy_file_range(fromFd, offsets.subarray(0, 1), toFd, offsets.subarray(1), length, 0);
  return checked(copied, 'copy_file_range');
}

/** Makes `toFd` share all blocks of `fromFd` (ioctl FICLONE). EOPNOTSUPP, EXDEV or EINVAL where the filesystem can't. */
export function cloneFile(fromFd: number, toFd: number): void {
  checked(calls().ioctl(toFd, FICLONE, fromFd), 'ioctl');
}

export function mkdirat(folderFd: number, path: SystemPath, mode: number): void {
  checked(calls().mkdirat(folderFd, pathBytes(path, first), mode), 'mkdirat', path);
}

export function symlinkat(target: SystemPath, folderFd: number, path: SystemPath): void {
  checked(calls().symlinkat(pathBytes(target, first), folderFd, pathBytes(path, second)), 'symlinkat', path);
}

/** Links to a symlink itself, never to what it names. */
export function linkat(existing: PathAt, created: PathAt): void {
  const from = pathBytes(existing.path, first);
  checked(calls().linkat(existing.folderFd, from, created.folderFd, pathBytes(created.path, second), 0), 'linkat', created.path);
}

/** With AT_REMOVEDIR a folder, which must be empty. */
export function unlinkat(folderFd: number, path: SystemPath, flags = 0): void {
  checked(calls().unlinkat(folderFd, pathBytes(path, first), flags), 'unlinkat', path);
}

export function renameat2(from: PathAt, to: PathAt, flags = 0): void {
  const source = pathBytes(from.path, first);
  checked(calls().renameat2(from.folderFd, source, to.folderFd, pathBytes(to.path, second), flags), 'renameat2', from.path);
}

export interface NodeToMake {
  /** S_IFCHR, S_IFBLK or S_IFIFO, and permissions. */
  readonly mode: number;
  readonly major?: number;
  readonly minor?: number;
}

/** EINVAL for numbers that the kernel has no room for. */
export function mknodat(folderFd: number, path: SystemPath, { mode, major = 0, minor = 0 }: NodeToMake): void {
  // More than 32 bits would reach it without their upper ones, as the device 0:0 perhaps.
  if (major > 0xff_ff_ff_ff || minor > 0xff_ff_ff_ff) throw new SystemError(EINVAL, 'mknodat', path);
  checked(calls().mknodat(folderFd, pathBytes(path, first), mode, deviceNumber(major, minor)), 'mknodat', path);
}

export function fchown(fd: number, { uid, gid }: Owner): void {
  checked(calls().fchown(fd, uid, gid), 'fchown');
}

/** Of a symlink itself, as the other `…at` calls here. */
export function fchownat(folderFd: number, path: SystemPath, { uid, gid }: Owner): void {
  checked(calls().fchownat(folderFd, pathBytes(path, first), uid, gid, AT_SYMLINK_NOFOLLOW), 'fchownat', path);
}

export function fchmod(fd: number, mode: number): void {
  checked(calls().fchmod(fd, mode), 'fchmod');
}

/** EOPNOTSUPP for a symlink. */
export function fchmodat(folderFd: number, path: SystemPath, mode: number): void {
  checked(calls().fchmodat(folderFd, pathBytes(path, first), mode, AT_SYMLINK_NOFOLLOW), 'fchmodat', path);
}

/** Sets time of access and of change, both to the nanosecond. */
export function futimens(fd: number, time: Timestamp): void {
  checked(calls().futimens(fd, timesOf(time)), 'futimens');
}

export function utimensat(folderFd: number, path: SystemPath, time: Timestamp): void {
  checked(calls().utimensat(folderFd, pathBytes(path, first), timesOf(time), AT_SYMLINK_NOFOLLOW), 'utimensat', path);
}

export type LockKind = 'exclusive' | 'shared' | 'unlock';

/** Returns false where another open file holds a lock that excludes this one. With `wait` it blocks the thread until it has the lock. */
export function flock(fd: number, kind: LockKind, { wait = false }: { readonly wait?: boolean } = {}): boolean {
  const operation = LOCKS[kind] | (wait ? 0 : LOCK_NB);
  for (;;) {
    if (calls().flock(fd, operation) === 0) return true;
    const error = failure('flock');
    // Two names of one number.
    if (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK') return false;
    if (error.code !== 'EINTR') throw error;
  }
}

/** Writes everything of the filesystem that `fd` is on to its disk. */
export function syncfs(fd: number): void {
  checked(calls().syncfs(fd), 'syncfs');
}

export interface MountCall {
  readonly source: SystemPath;
  readonly target: SystemPath;
  readonly type?: string;
  readonly flags?: number;
  /** Less than a page, 4,096 bytes with the closing NUL; longer ones are cut by the kernel, so they fail with E2BIG here. */
  readonly options?: SystemPath;
}

export function mount({ source, target, type = 'none', flags = 0, options = '' }: MountCall): void {
  const data = pathBytes(options, third);
  if (data.indexOf(0) >= MAX_MOUNT_OPTIONS) throw new SystemError(E2BIG, 'mount', target);
  const from = pathBytes(source, first);
  checked(calls().mount(from, pathBytes(target, second), Buffer.from(`${type}\0`), flags, data), 'mount', target);
}

/** With MNT_DETACH at once: what has files open in it goes on using it. */
export function umount2(target: SystemPath, flags = 0): void {
  checked(calls().umount2(pathBytes(target, first), flags), 'umount2', target);
}

/** Returns the mask from before. Concerns the whole process. */
export function umask(mask: number): number {
  return calls().umask(mask);
}

/** Makes the kernel kill this process (SIGKILL) when the thread that started it ends, and with it its process. */
export function dieWithParent(): void {
  checked(calls().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), 'prctl');
}

/** Makes a pipe hold up to this many bytes; returns how many it holds now. */
export function setPipeSize(fd: number, sizeBytes: number): number {
  return checked(calls().fcntl(fd, F_SETPIPE_SZ, sizeBytes), 'fcntl');
}

const OPENAT2 = 437;
const FICLONE = 0x40049409;
const LOCK_NB = 4;
const LOCKS: Readonly<Record<LockKind, number>> = { shared: 1, exclusive: 2, unlock: 8 };
const MAX_MOUNT_OPTIONS = 4095;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const F_SETPIPE_SZ = 1031;
const E2BIG = 7;
const EINVAL = 22;

const how = new BigUint64Array(3);
const times = new BigInt64Array(4);
const offsets = new BigInt64Array(2);

function timesOf({ seconds, nanoseconds }: Timestamp): BigInt64Array {
  times[0] = BigInt(seconds);
  times[1] = BigInt(nanoseconds);
  times[2] = times[0];
  times[3] = times[1];
  return times;
}

function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}
