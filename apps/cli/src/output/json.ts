/** JSON.stringify leaves these as they are, and a terminal obeys some of them. */
const UNESCAPED = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One document, indented. */
export function renderJson(value: unknown, indent = 2): string {
  return `${escapeControls(JSON.stringify(value, undefined, indent))}\n`;
}

/** A list as docker prints it: a document a line. */
export function renderJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${escapeControls(JSON.stringify(value))}\n`).join('');
}

/** What a terminal could obey, as escapes; the document stays the same. */
export function escapeControls(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
