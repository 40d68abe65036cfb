/** Formats `<length> <key>=<value>\n` records, sorted by the bytes of their keys, the length counting itself. */
export function formatPaxRecords(records: ReadonlyMap<string, Uint8Array>): Buffer {
  const sorted = [...records].map(([key, value]) => ({ key: Buffer.from(key), value })).sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(sorted.map(({ key, value }) => formatRecord(key, value)));
}

function formatRecord(key: Buffer, value: Uint8Array): Buffer {
  // A blank, "=" and the line feed.
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length + rest !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from('='), value, Buffer.from('\n')]);
}

/** Seconds in decimal, with only the digits after the point that are needed. */
export function formatPaxTime(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  const isNegative = seconds < 0;
  const whole = isNegative ? -(seconds + 1) : seconds;
  const fraction = isNegative ? 1_000_000_000 - nanoseconds : nanoseconds;
  return `${isNegative ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
}
