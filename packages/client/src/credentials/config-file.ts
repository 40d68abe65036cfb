import { constants } from 'node:fs';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, systemCodeOf } from '@slipway/base';
import { writeDurably } from '@slipway/base/node';
import { clientError } from '../errors.ts';
import type { Credential } from './credential.ts';
import { hostOfKey, keyOfRegistry } from './registry-key.ts';

/** docker's config.json: what is not ours is kept as it is. */
export type ConfigDocument = Readonly<Record<string, unknown>>;

/** The document of a file; empty when there is none. Errors: CONFIG_INVALID (invalid). */
export async function readConfigFile(path: string): Promise<ConfigDocument> {
  try {
    return parseConfig(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return {};
    if (systemCodeOf(error) === undefined) throw error;
    throw clientError('CONFIG_INVALID', `Cannot read "${path}": ${messageOf(error)}`, { cause: error });
  }
}

/** Errors: CONFIG_INVALID (invalid). The text itself, full of secrets, is in no message. */
export function parseConfig(text: string, where: string): ConfigDocument {
  if (text.trim() === '') return {};
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw clientError('CONFIG_INVALID', `Cannot read "${where}": it is not JSON`);
  }
  if (isRecord(document)) return document;
  throw clientError('CONFIG_INVALID', `Cannot read "${where}": it is no JSON object`);
}

/** As docker writes it: indented by tabs, replaced in one step, the target of a symbolic link rather than the link, with the file's mode. */
export async function writeConfigFile(path: string, document: ConfigDocument): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const target = await resolveLink(path);
  await writeDurably(target, JSON.stringify(document, undefined, '\t'), { mode: await modeOf(target) });
}

async function resolveLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return path;
    throw error;
  }
}

async function modeOf(path: string): Promise<number> {
  try {
    // Secrets are about to be in it: nobody else may read it, whatever it was before.
    return (await stat(path)).mode & (constants.S_IRUSR | constants.S_IWUSR | constants.S_IXUSR);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return 0o600;
    throw error;
  }
}

/** The credential in `auths` for a registry: under its own key, else under any key with the same host. */
export function findInAuths(document: ConfigDocument, registry: string): Credential | undefined {
  const auths = document['auths'];
  if (!isRecord(auths)) return undefined;
  const key = keyOfRegistry(registry);
  if (Object.hasOwn(auths, key)) return readEntry(auths[key]);
  const [similar] = keysLike(auths, key);
  return similar === undefined ? undefined : readEntry(auths[similar]);
}

/** The keys in `auths` under which old and new clients keep a registry's credential: its host, and URLs with that host. */
export function keysOfRegistry(document: ConfigDocument, registry: string): readonly string[] {
  const auths = document['auths'];
  return isRecord(auths) ? keysLike(auths, keyOfRegistry(registry)) : [];
}

function keysLike(auths: Readonly<Record<string, unknown>>, key: string): readonly string[] {
  return Object.keys(auths).filter((other) => hostOfKey(other) === hostOfKey(key));
}

/** The document with the credential under the registry's key. */
export function withCredential(document: ConfigDocument, registry: string, credential: Credential | 'elsewhere'): ConfigDocument {
  const auths = isRecord(document['auths']) ? document['auths'] : {};
  return { ...document, auths: { ...auths, [keyOfRegistry(registry)]: credential === 'elsewhere' ? {} : entryOf(credential) } };
}

/** The document without the registry's credential, under whatever key: an old one would be found again once the new one is gone. */
export function withoutCredential(document: ConfigDocument, registry: string): ConfigDocument {
  const auths = document['auths'];
  if (!isRecord(auths)) return document;
  const keys = new Set(keysOfRegistry(document, registry));
  return { ...document, auths: Object.fromEntries(Object.entries(auths).filter(([other]) => !keys.has(other))) };
}

function readEntry(value: unknown): Credential | undefined {
  if (!isRecord(value)) return undefined;
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : '');
  const [username, password] = decodeAuth(text('auth')) ?? [text('username'), text('password')];
  if (text('identitytoken') !== '') return { kind: 'identity-token', username, identityToken: text('identitytoken') };
  if (text('registrytoken') !== '') return { kind: 'registry-token', registryToken: text('registrytoken') };
  return username === '' && password === '' ? undefined : { kind: 'password', username, password };
}

/** Padding of old clients: NUL bytes after the password. */
function decodeAuth(auth: string): [string, string] | undefined {
  if (auth === '') return undefined;
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1).replaceAll(/^\0+|\0+$/g, '')];
}

function entryOf(credential: Credential): Record<string, string> {
  if (credential.kind === 'registry-token') return { registrytoken: credential.registryToken };
  if (credential.kind === 'password') return { auth: encodeAuth(credential.username, credential.password) };
  return { ...(credential.username === '' ? {} : { auth: encodeAuth(credential.username, '') }), identitytoken: credential.identityToken };
}

function encodeAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
