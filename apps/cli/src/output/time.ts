const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took or is old, roughly, in docker's words: `About a minute`, `3 days`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'Less than a second';
  if (seconds < 2) return '1 second';
  if (seconds < MINUTE) return `${Math.floor(seconds)} seconds`;
  if (seconds < 2 * MINUTE) return 'About a minute';
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} minutes`;
  const hours = Math.round(seconds / HOUR);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 60) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(seconds / DAY / 365)} years`;
}

/** A moment as tables show it: `3 days ago`; what is no date stays as it is, and null is `never`. */
export function formatAge(moment: string | null, nowMs: number): string {
  if (moment === null) return 'never';
  const then = Date.parse(moment);
  // The server's clock may be ahead of ours.
  return Number.isNaN(then) ? moment : `${formatDuration(Math.max(0, nowMs - then) / 1000)} ago`;
}
