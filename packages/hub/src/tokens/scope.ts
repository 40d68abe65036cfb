/** One scope of a token request, or what a token grants: `type[(class)]:name:actions` of the distribution token specification. */
export interface Scope {
  readonly type: string;
  /** As in `repository(plugin):…`; clients send it, nothing depends on it. */
  readonly resourceClass?: string;
  /** May hold a host with a port, as in `localhost:5000/ann/app`. */
  readonly name: string;
  /** Without repeats, in the order given. */
  readonly actions: readonly string[];
}

const TYPE = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/;
const NAME = /^[A-Za-z0-9._:/[\]-]+$/;
const ACTION = /^(?:[a-z]+|\*)$/;
const MAX_LENGTH = 1024;
const MAX_SCOPES = 100;

/** Returns undefined for what is no scope: a request may ask for anything, and gets what it understood and may have. */
export function parseScope(text: string): Scope | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first === -1 || first === last) return undefined;
  const type = TYPE.exec(text.slice(0, first));
  const name = text.slice(first + 1, last);
  if (type?.[1] === undefined || !NAME.test(name)) return undefined;
  const actions = [
    ...new Set(
      text
        .slice(last + 1)
        .split(',')
        .filter((action) => action !== ''),
    ),
  ];
  if (actions.length === 0 || !actions.every((action) => ACTION.test(action))) return undefined;
  return { type: type[1], ...(type[2] === undefined ? {} : { resourceClass: type[2] }), name, actions };
}

/** Reads scopes in both forms that clients use: repeated parameters (GET) and one, joined by spaces (POST). At most 100. */
export function parseScopes(parameters: readonly string[]): Scope[] {
  return parameters
    .flatMap((parameter) => parameter.split(' '))
    .filter((text) => text !== '')
    .slice(0, MAX_SCOPES)
    .map(parseScope)
    .filter((scope) => scope !== undefined);
}

export function formatScope(scope: Scope): string {
  const resourceClass = scope.resourceClass === undefined ? '' : `(${scope.resourceClass})`;
  return `${scope.type}${resourceClass}:${scope.name}:${scope.actions.join(',')}`;
}
