/** A row of a list, its fields as properties. Docker writes one as JSON in the order of their names, and with `<`, `>` and `&` as escapes. */
export class ListRow {}

const HTML = /[<>&]/g;

/** What Go's encoder escapes for pages: the document stays the same. */
export function escapeHtml(json: string): string {
  return json.replace(HTML, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
