import type { TarEntry, TarEntryKind } from './tar-entry.ts';

/** What a header is made from. Text is written as UTF-8; bytes as they are, so that names of any encoding survive. */
export interface TarEntryToWrite {
  readonly kind: TarEntryKind;
  /** As it shall stand in the archive, a folder with its closing `/`. */
  readonly name: string | Uint8Array;
  /** The target of a hardlink (a name in the archive or in a layer below) or of a symlink (any text). */
  readonly linkName?: string | Uint8Array;
  /** The low twelve bits count. */
  readonly mode: number;
  /** 0 when absent, as are `gid` and the device numbers. */
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes of content that follow: 0 when absent, and for everything but files. */
  readonly sizeBytes?: number;
  readonly mtimeSeconds: number;
  /** Written only when given and not 0: containerd and BuildKit cut times to seconds. */
  readonly mtimeNanoseconds?: number;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
  /** Name to value, in any order. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** An entry that was read, to be written again: its names as bytes. A sparse file is written whole, its holes as zeros. */
export function entryToWrite(entry: TarEntry): TarEntryToWrite {
  return { ...entry, name: entry.nameBytes, linkName: entry.linkNameBytes };
}
