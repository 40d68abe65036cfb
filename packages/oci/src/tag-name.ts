import { ociError } from './errors.ts';
import { quote } from './internal/quote.ts';

declare const tagNameBrand: unique symbol;

/** A tag as distribution-spec 1.1 defines it: case counts. */
export type TagName = string & { readonly [tagNameBrand]: true };

const TAG_NAME = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Errors: TAG_INVALID (invalid). */
export function parseTagName(text: string): TagName {
  if (isTagName(text)) return text;
  throw ociError('TAG_INVALID', `Cannot read tag ${quote(text)}: ${whyNot(text)}`);
}

export function isTagName(text: string): text is TagName {
  return TAG_NAME.test(text);
}

function whyNot(text: string): string {
  if (text === '') return 'it is empty';
  if (text.length > 128) return 'it has more than 128 characters';
  return 'it must be letters, digits, "_", "." and "-", not starting with "." or "-"';
}
