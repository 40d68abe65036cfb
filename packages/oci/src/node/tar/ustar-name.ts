import { BLOCK_BYTES, FIELDS } from './tar-block.ts';

const SLASH = 0x2f;

/** Cuts a long ASCII name at a slash so that both parts fit a ustar header, or returns undefined. */
export function splitUstarName(name: Buffer): { name: Buffer; prefix: Buffer } | undefined {
  const nameBytes = FIELDS.name[1];
  const prefixBytes = FIELDS.prefix[1];
  if (name.length <= nameBytes || name.length > BLOCK_BYTES || name.some((byte) => byte >= 0x80)) return undefined;
  let searched = name.length;
  if (searched > prefixBytes + 1) searched = prefixBytes + 1;
  else if (name[searched - 1] === SLASH) searched--;
  const cut = name.subarray(0, searched).lastIndexOf(SLASH);
  const rest = name.length - cut - 1;
  if (cut <= 0 || rest > nameBytes || rest === 0 || cut > prefixBytes) return undefined;
  return { name: name.subarray(cut + 1), prefix: name.subarray(0, cut) };
}
