import { cliError } from '../../errors.ts';

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SECONDS = /^\d+(?:\.\d+)?$/;
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?$/;

/** `until=`: a Go duration before now (`10m`, `1h30m`), seconds since the epoch, or a date, local unless it names a zone. In milliseconds. Throws FILTER_INVALID. */
export function parseMoment(text: string, nowMs: number): number {
  if (DURATION.test(text)) {
    const parts = text.matchAll(DURATION_PART);
    return nowMs - [...parts].reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  }
  if (SECONDS.test(text)) return Number(text) * 1000;
  const ms = DATE.test(text) ? Date.parse(completeDate(text)) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw cliError('FILTER_INVALID', `invalid filter 'until=${text}': it is neither a duration nor a date`, {
      hint: 'Use a duration such as 24h, or a date such as 2026-01-31 or 2026-01-31T12:00:00Z.',
    });
  }
  return ms;
}

/** A date alone is UTC to JavaScript, and an hour alone none at all. */
function completeDate(text: string): string {
  const [, day = '', time = '', zone = ''] = /^(\d{4}-\d\d-\d\d)(T[\d:.]+)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const full = time === '' ? 'T00:00' : time;
  return `${day}${/^T\d\d$/.test(full) ? `${full}:00` : full}${zone}`;
}
