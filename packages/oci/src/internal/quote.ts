const QUOTED_MAX_CHARACTERS = 160;

/** The text in double quotes, control characters escaped, long ones cut: what is quoted may come from anyone. */
export function quote(text: string): string {
  if (text.length <= QUOTED_MAX_CHARACTERS) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, QUOTED_MAX_CHARACTERS))}… (${text.length} characters)`;
}

/** As `quote`, without the quotes: for another program's wording. */
export function escapeText(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_MAX_CHARACTERS)).slice(1, -1);
}

/** A JSON value as an error message shows it. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === undefined || value === null) return 'missing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'an object';
}
