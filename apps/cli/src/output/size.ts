const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes in docker's decimal units with three significant digits: `0B`, `1.23kB`, `45.6MB`, `789GB`. Docker's sums have four. */
export function formatSize(sizeBytes: number, digits: 3 | 4 = 3): string {
  let value = Math.max(0, sizeBytes);
  let unit = 0;
  // 999.6 kB has three digits only as 1 MB.
  while (Number(value.toPrecision(digits)) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(digits))}${UNITS[unit]}`;
}
