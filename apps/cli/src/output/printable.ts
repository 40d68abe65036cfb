/** Control characters, those that turn the direction of text, and line separators: a server's text must not steer the terminal. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const UNSAFE_BUT_BREAKS = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text on one line, what a terminal could obey replaced. */
export function toPrintableLine(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/** The same, with line breaks and tabs left in. */
export function toPrintable(text: string): string {
  return text.replace(UNSAFE_BUT_BREAKS, '\ufffd');
}
