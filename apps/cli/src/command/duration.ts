const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/g;

/** Numbers with units (`30s`, `15m`, `24h`, `7d`, `1h30m`), in seconds; `0` needs no unit. Throws an Error that says what is expected. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!DURATION.test(text)) throw new Error('expected a duration, as in 30s, 15m, 24h or 7d');
  let seconds = 0;
  for (const [, count, unit = 's'] of text.matchAll(PART)) seconds += Number(count) * (UNIT_SECONDS[unit] ?? 1);
  return seconds;
}
