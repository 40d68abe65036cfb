import { isAppError } from '@slipway/base';
import { type Compression, DETECTION_BYTES, detectCompression, findIgzip, inflate } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { filterThrough, findProgram } from './filter-program.ts';
import { peek } from './peek.ts';

export interface OpenArchiveOptions {
  /** Folders like `PATH`, where igzip, xz and bzip2 may be. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
}

const PROGRAMS: ReadonlyArray<{ readonly magic: Buffer; readonly program: 'xz' | 'bzip2' }> = [
  { magic: Buffer.from('fd377a585a00', 'hex'), program: 'xz' },
  { magic: Buffer.from('BZh'), program: 'bzip2' },
];

/**
 * The tar inside an archive that may be compressed, as its first bytes say: gzip and zstd always, xz and bzip2 where their programs are.
 * Errors: ARCHIVE_UNSUPPORTED, COMPRESSION_INVALID.
 */
export async function* openArchive(source: AsyncIterable<Uint8Array>, options: OpenArchiveOptions): AsyncGenerator<Buffer, void, void> {
  const { signal } = options;
  const { first, all } = await peek(source, DETECTION_BYTES);
  const opener = await findOpener(first, options).catch(async (error: unknown) => {
    await all.return();
    throw error;
  });
  if (opener.compression === 'xz' || opener.compression === 'bzip2') {
    yield* filterThrough(all, { program: opener.program, args: ['-d', '-c'], signal });
  } else {
    yield* inflate(all, opener.compression, { igzip: opener.program, ...(signal === undefined ? {} : { signal }) });
  }
}

type Opener =
  | { readonly compression: Compression; readonly program: string | undefined }
  | { readonly compression: 'xz' | 'bzip2'; readonly program: string };

async function findOpener(first: Buffer, { searchPath }: OpenArchiveOptions): Promise<Opener> {
  const compression = compressionOf(first);
  if (compression !== 'xz' && compression !== 'bzip2') {
    return { compression, program: compression === 'gzip' ? await findIgzip(searchPath) : undefined };
  }
  const program = await findProgram(compression, searchPath);
  if (program === undefined) throw unsupported(compression);
  return { compression, program };
}

function compressionOf(first: Buffer): Compression | 'xz' | 'bzip2' {
  try {
    return detectCompression(first);
  } catch (cause) {
    const known = PROGRAMS.find(({ magic }) => first.subarray(0, magic.length).equals(magic));
    if (known !== undefined) return known.program;
    if (!isAppError(cause, 'COMPRESSION_UNSUPPORTED')) throw cause;
    throw engineError('ARCHIVE_UNSUPPORTED', cause.message.replace('unpack the layer', 'load the archive'), { cause });
  }
}

function unsupported(program: 'xz' | 'bzip2'): Error {
  return engineError(
    'ARCHIVE_UNSUPPORTED',
    `Cannot load the archive: it is compressed with ${program}, and the program ${program} is not here`,
    {
      hint: `Install ${program}, or unpack the archive elsewhere: ${program} -dc ARCHIVE | slipway load`,
    },
  );
}
