import { randomUUID } from 'node:crypto';
import type { ByteRange } from '@slipway/storage/blob';
import { lengthOf } from './byte-range.ts';

export interface MultipartPlan {
  /** `multipart/byteranges` with its boundary. */
  readonly contentType: string;
  /** The exact length of the whole body. */
  readonly lengthBytes: number;
  /** In the order asked for: write `head`, then the bytes of `range`. */
  readonly parts: readonly { readonly head: string; readonly range: ByteRange }[];
  /** What closes the body. */
  readonly tail: string;
}

/** Lays out a `multipart/byteranges` response (RFC 9110 §14.6). */
export function planMultipart(
  ranges: readonly ByteRange[],
  whole: { readonly sizeBytes: number; readonly contentType: string },
): MultipartPlan {
  const boundary = randomUUID().replaceAll('-', '');
  const parts = ranges.map((range, index) => ({
    head: [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${whole.contentType}`,
      `Content-Range: bytes ${range.start}-${range.end}/${whole.sizeBytes}`,
      '\r\n',
    ].join('\r\n'),
    range,
  }));
  const tail = `\r\n--${boundary}--\r\n`;
  const lengthBytes = parts.reduce((sum, part) => sum + part.head.length + lengthOf(part.range), tail.length);
  return { contentType: `multipart/byteranges; boundary=${boundary}`, lengthBytes, parts, tail };
}
