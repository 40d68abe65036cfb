const LIST_ROW = Symbol('list row');

/** A row of a list, to be given its fields as properties. Docker writes one as JSON in the order of their names, and with `<`, `>` and `&` as escapes. */
export function createListRow(): object {
  return Object.defineProperty({}, LIST_ROW, { value: true });
}

export function isListRow(value: unknown): value is object {
  return typeof value === 'object' && value !== null && LIST_ROW in value;
}

const HTML = /[<>&]/g;

/** What Go's encoder escapes for pages: the document stays the same. */
export function escapeHtml(json: string): string {
  return json.replace(HTML, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
