import { type ErrorTable, errorFactory } from '@slipway/base';

export const LAYER_ERRORS = {
  TAR_INVALID: { kind: 'invalid', advice: 'Write the archive again: it is damaged, or its writer breaks the tar format.' },
  TAR_TRUNCATED: { kind: 'invalid', advice: 'Fetch or write the archive again: its end is missing.' },
  TAR_UNSUPPORTED: {
    kind: 'unsupported',
    advice: 'Write the archive with GNU tar, bsdtar or an image builder in ustar, GNU or PAX format, in one volume.',
  },
  TAR_LIMIT_EXCEEDED: { kind: 'exhausted', advice: 'Split the archive, or shorten names and extended attributes.' },
  TAR_PATH_REFUSED: {
    kind: 'denied',
    advice: 'Remove the entry from the archive: it names something outside the folder it is unpacked into.',
  },
  TAR_ENTRY_INVALID: { kind: 'invalid', advice: 'Change the file that cannot be archived as the message says, or leave it out.' },
  COMPRESSION_INVALID: { kind: 'invalid', advice: 'Fetch or compress the layer again: it is damaged.' },
  COMPRESSION_UNSUPPORTED: { kind: 'unsupported', advice: 'Compress the layer with gzip or zstd, or leave it uncompressed.' },
  COMPRESSION_CANCELLED: { kind: 'cancelled', advice: 'Start the operation again.' },
  LAYER_TOO_LARGE: { kind: 'exhausted', advice: 'Raise the limit for unpacked layers if the image is to be trusted.' },
} as const satisfies ErrorTable;

export type LayerErrorCode = keyof typeof LAYER_ERRORS;

export const layerError = errorFactory(LAYER_ERRORS);
