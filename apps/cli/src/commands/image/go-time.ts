/** A moment as Go prints it: `2026-01-31 13:00:00 +0100 CET`, in the local time zone. */
export function formatGoTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  const offset = offsetOf(date);
  return `${day} ${timeOfDay(date)} ${offset.replace(':', '')} ${zoneOf(date, offset)}`;
}

/** RFC 3339 in the local time zone, whole seconds. */
export function formatLocalTime(ms: number): string {
  const date = new Date(ms);
  const offset = offsetOf(date);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day}T${timeOfDay(date)}${offset === '+00:00' ? 'Z' : offset}`;
}

function timeOfDay(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** The zone's letters; the offset again where it has none that everyone knows. */
function zoneOf(date: Date, offset: string): string {
  if (offset === '+00:00') return 'UTC';
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return /^[A-Z]{3,5}$/.test(name) ? name : offset.replace(/:00$/, '').replace(':', '');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
