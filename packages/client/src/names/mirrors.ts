import { readFile } from 'node:fs/promises';
import { messageOf, systemCodeOf } from '@slipway/base';
import { isRepositoryName } from '@slipway/oci';
import { clientError } from '../errors.ts';

/** `mirrors.json`: a registry host to where its repositories are asked for, `HOST[:PORT][/PREFIX]`, one or several in order. */
export type Mirrors = Readonly<Record<string, readonly string[]>>;

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[A-Fa-f0-9:]+\])(?::\d{1,5})?$/;

/** Reads `{"gcr.io": "hub.example/gcr.io", "quay.io": ["mirror.example", "quay.io"]}`. Errors: MIRRORS_INVALID (invalid). */
export function parseMirrors(text: string, where = 'mirrors.json'): Mirrors {
  const fail = (why: string, cause?: unknown) => clientError('MIRRORS_INVALID', `Cannot read "${where}": ${why}`, { cause });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw fail('it is no JSON object');
  const entries = Object.entries(document).map(([registry, value]: [string, unknown]) => {
    const mirrors: unknown[] = Array.isArray(value) ? value : [value];
    if (!HOST.test(registry)) throw fail(`"${registry}" is no registry host`);
    return [
      registry,
      mirrors.map((mirror) => readMirror(mirror) ?? raise(fail(`"${String(mirror)}" is not of the form HOST/PREFIX`))),
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** The mirrors of a file; none when there is no file. Errors: MIRRORS_INVALID (invalid). */
export async function readMirrors(path: string): Promise<Mirrors> {
  try {
    return parseMirrors(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return {};
    throw error;
  }
}

export function mirrorsOf(mirrors: Mirrors | undefined, registry: string): readonly string[] {
  return mirrors !== undefined && Object.hasOwn(mirrors, registry) ? (mirrors[registry] ?? []) : [];
}

function readMirror(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/\/$/, '');
  const slash = text.indexOf('/');
  if (slash < 0) return HOST.test(text) ? text : undefined;
  return HOST.test(text.slice(0, slash)) && isRepositoryName(text.slice(slash + 1)) ? text : undefined;
}

function raise(error: Error): never {
  throw error;
}
