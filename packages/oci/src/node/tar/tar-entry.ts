export type TarEntryKind = 'file' | 'hardlink' | 'symlink' | 'character-device' | 'block-device' | 'folder' | 'fifo';

/** A run of bytes of a sparse file that the archive holds; what lies between runs reads as zeros. */
export interface SparseSegment {
  readonly offset: number;
  readonly length: number;
}

/**
 * One member of an archive as its headers describe it, names exactly as written: nothing about them is checked yet.
 * Buffers are the entry's own and stay valid.
 */
export interface TarEntry {
  readonly kind: TarEntryKind;
  /** `nameBytes` as UTF-8, with U+FFFD for what is not: for messages, never for the filesystem. */
  readonly name: string;
  readonly nameBytes: Buffer;
  /** The target of a hardlink or symlink; empty for the others. */
  readonly linkName: string;
  readonly linkNameBytes: Buffer;
  /** Permissions with set-user-id, set-group-id and sticky bit: the low twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What a file holds when unpacked, holes included; 0 for the others. */
  readonly sizeBytes: number;
  /** Rounded down; `mtimeNanoseconds` counts up from there. */
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs: ReadonlyMap<string, Buffer>;
  /** Ascending, without overlaps and empty runs; absent for files that are stored whole. */
  readonly sparse?: readonly SparseSegment[];
}
