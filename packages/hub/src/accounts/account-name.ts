import { hubError } from '../errors.ts';

/** The first account, which owns what nobody else owns. It is made at the first start and can't be removed. */
export const ADMINISTRATOR = 'admin';

/** A path component of the distribution specification: what an account owns begins with its name. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const MIN_LENGTH = 2;
const MAX_LENGTH = 64;

/** Namespaces that belong to nobody, the specification's reserved words among them. */
const RESERVED: ReadonlySet<string> = new Set(['library', 'distroless', '_oci', '_catalog', '_docker', '_chainguard']);

/** Whether an account of this name could exist. */
export function isAccountName(text: string): boolean {
  return text.length >= MIN_LENGTH && text.length <= MAX_LENGTH && COMPONENT.test(text) && !RESERVED.has(text);
}

/** Throws ACCOUNT_NAME_RESERVED, ACCOUNT_NAME_INVALID. */
export function parseAccountName(text: string): string {
  if (RESERVED.has(text)) throw hubError('ACCOUNT_NAME_RESERVED', `Cannot use "${text}" as an account name: it is reserved`);
  if (isAccountName(text)) return text;
  const shown = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  throw hubError(
    'ACCOUNT_NAME_INVALID',
    `Cannot use "${shown}" as an account name: it is no legal namespace of ${MIN_LENGTH} to ${MAX_LENGTH} characters`,
  );
}
