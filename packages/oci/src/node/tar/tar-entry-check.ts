import { layerError } from '../layer-errors.ts';
import type { TarEntryToWrite } from './entry-to-write.ts';

/** What a device number's field holds; PAX has no record for it. */
const MAX_DEVICE_NUMBER = 0o7777777;
const MAX_ID = 0xff_ff_ff_fe;

/** Refuses what no archive can hold or every reader takes for something else. Errors: TAR_ENTRY_INVALID. */
export function checkEntry(entry: TarEntryToWrite): void {
  const size = entry.sizeBytes ?? 0;
  const isLink = entry.kind === 'hardlink' || entry.kind === 'symlink';
  if (entry.name.length === 0) throw invalid(entry, 'it has no name');
  if (holdsNul(entry.name) || holdsNul(entry.linkName ?? '')) throw invalid(entry, 'its name or link target holds a NUL byte');
  if (isLink === ((entry.linkName?.length ?? 0) === 0)) throw invalid(entry, 'links, and only they, have a target');
  if (!Number.isSafeInteger(size) || size < 0 || (size > 0 && entry.kind !== 'file')) throw invalid(entry, `its size can't be ${size}`);
  if (!isFolderOrLink(entry) && endsWithSlash(entry.name)) throw invalid(entry, 'only the name of a folder or link may end with "/"');
  for (const id of [entry.uid ?? 0, entry.gid ?? 0]) if (!isWithin(id, MAX_ID)) throw invalid(entry, `${id} is no user or group`);
  for (const number of [entry.deviceMajor ?? 0, entry.deviceMinor ?? 0]) {
    if (!isWithin(number, MAX_DEVICE_NUMBER)) throw invalid(entry, `the device number ${number} does not fit`);
  }
  if (!Number.isSafeInteger(entry.mtimeSeconds) || !isWithin(entry.mtimeNanoseconds ?? 0, 999_999_999)) {
    throw invalid(entry, 'its time is not in whole seconds and nanoseconds');
  }
  for (const key of entry.xattrs?.keys() ?? []) {
    if (key === '' || key.includes('=') || key.includes('\0')) throw invalid(entry, `PAX can't hold the extended attribute "${key}"`);
  }
}

function isFolderOrLink({ kind }: TarEntryToWrite): boolean {
  return kind === 'folder' || kind === 'hardlink' || kind === 'symlink';
}

function isWithin(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= limit;
}

function holdsNul(name: string | Uint8Array): boolean {
  return typeof name === 'string' ? name.includes('\0') : name.includes(0);
}

function endsWithSlash(name: string | Uint8Array): boolean {
  return name.at(-1) === '/' || name.at(-1) === 0x2f;
}

function invalid(entry: TarEntryToWrite, why: string): Error {
  const name = typeof entry.name === 'string' ? entry.name : Buffer.from(entry.name).toString();
  return layerError('TAR_ENTRY_INVALID', `Cannot write "${name}" to a tar: ${why}`);
}
