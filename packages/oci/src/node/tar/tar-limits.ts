/** What an archive may ask of its reader's memory; whatever exceeds it fails with TAR_LIMIT_EXCEEDED before it is buffered. */
export interface TarLimits {
  /** The records of one PAX header, and of all global ones together. */
  readonly paxBytes: number;
  /** A name or link target; the kernel takes 4,095 bytes. */
  readonly nameBytes: number;
  readonly sparseSegments: number;
  readonly entries: number;
}

export const DEFAULT_TAR_LIMITS: TarLimits = {
  paxBytes: 1024 * 1024,
  nameBytes: 4096,
  sparseSegments: 65_536,
  entries: Number.MAX_SAFE_INTEGER,
};
