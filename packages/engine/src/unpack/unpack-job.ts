import { TarParser } from '@slipway/oci/node';
import { openat } from '../system/calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from '../system/constants.ts';
import type { JobContext } from '../worker/job-context.ts';
import type { LayerReader } from './layer-reader.ts';
import { NeedsParent } from './needs-parent.ts';
import { openOverlayTree } from './overlay-tree.ts';
import { readLayer } from './read-layer.ts';
import { TreeWriter } from './tree-writer.ts';
import type { OverlayMarks, UnpackInput, UnpackOutcome, UnpackProgress } from './unpack-input.ts';

export type { UnpackInput, UnpackOutcome, UnpackProgress } from './unpack-input.ts';

export type UnpackContext = JobContext<UnpackProgress> & {
  /** Reads layers beside this thread; without it they are read in it. */
  readonly readLayer?: LayerReader;
};

/** What is remembered of entries until the end (names, times of folders) is bounded by their number. */
const MAX_ENTRIES = 4_000_000;

/**
 * Unpacks a layer's blob into a folder, and tells its digests. Wants a umask of 0. Files are not synced. On failure, and when the outcome is
 * `needs-parent`, what was written so far stays. Errors: those of `openLayer`, `TarParser` and `TreeWriter`; UNPACK_BLOB_SHORT;
 * MOUNT_FAILED; the signal's reason.
 */
export async function unpack(input: UnpackInput, job: UnpackContext): Promise<UnpackOutcome> {
  const isPrivileged = process.geteuid?.() === 0;
  using writer = new TreeWriter({ rootFd: openRoot(input), mode: input.mode, marks: marksOf(input), isPrivileged });
  const parser = new TarParser(writer, { entries: MAX_ENTRIES });
  const { readLayer: read = readLayer } = job;
  try {
    const { blob, isGrowing, igzip, limitBytes } = input;
    const digests = await read(
      { blob, isGrowing, igzip, limitBytes },
      {
        signal: job.signal,
        onTar: (piece) => parser.write(piece),
        onProgress: (doneBytes) => job.progress({ doneBytes }),
      },
    );
    parser.end();
    writer.finish();
    return { kind: 'unpacked', digests, ...writer.result() };
  } catch (error) {
    if (error instanceof NeedsParent) return { kind: 'needs-parent', reason: error.reason, path: error.path };
    throw error;
  }
}

function openRoot({ folder, lowers, workFolder, overlay }: UnpackInput): number {
  if (lowers !== undefined && workFolder !== undefined && overlay !== undefined) {
    return openOverlayTree({ lowers, upper: folder, work: workFolder, marks: overlay });
  }
  if (lowers !== undefined) throw new TypeError('Lower folders are mounted with a work folder and with marks of their kind');
  return openat(AT_FDCWD, folder, { flags: O_RDONLY | O_DIRECTORY });
}

function marksOf({ mode, overlay }: UnpackInput): OverlayMarks {
  if (overlay !== undefined) return overlay;
  if (mode === 'alone') throw new TypeError('A layer unpacked alone is for overlay: say which');
  return { xattrs: 'trusted' };
}
