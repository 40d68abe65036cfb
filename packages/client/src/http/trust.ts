import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { messageOf, systemCodeOf } from '@slipway/base';
import { clientError } from '../errors.ts';
import type { Environment } from './proxy.ts';

export interface TrustOptions {
  readonly env: Environment;
  /** Folders laid out as docker's `/etc/docker/certs.d`: `<host:port>/{*.crt,*.cert,*.key}`. */
  readonly certificateFolders: readonly string[];
}

/**
 * What a TLS connection to `host` trusts and shows: Node's and the system's authorities, those of SSL_CERT_FILE and SSL_CERT_DIR, and from
 * `<folder>/<host>/` the authorities `*.crt` and the client certificate `*.cert` with its `*.key`.
 * Errors: CERTIFICATE_INVALID (invalid).
 */
export async function openTrust(host: string, options: TrustOptions): Promise<SecureContext> {
  const named = options.env['SSL_CERT_FILE'] ? [await readCertificate(options.env['SSL_CERT_FILE'])] : [];
  const folders = (options.env['SSL_CERT_DIR'] ?? '').split(':').filter((folder) => folder !== '');
  const listed = await Promise.all(folders.map(async (folder) => await readAuthorities(folder, /\.(?:crt|pem|cer|\d+)$/)));
  // docker names the folder as the reference does, and a reference may spell the usual port out.
  const spellings = /:\d+$/.test(host) ? [host] : [host, `${host}:443`];
  const own = options.certificateFolders.flatMap((folder) => spellings.map((name) => join(folder, name)));
  const ownAuthorities = await Promise.all(own.map(async (folder) => await readAuthorities(folder, /\.crt$/)));
  const pairs = (await Promise.all(own.map(readClientPairs))).flat();
  try {
    return createSecureContext({
      ca: [...new Set([...commonAuthorities(), ...named, ...listed.flat(), ...ownAuthorities.flat()])],
      ...(pairs.length === 0 ? {} : { cert: pairs.map((pair) => pair.cert), key: pairs.map((pair) => pair.key) }),
    });
  } catch (error) {
    throw clientError('CERTIFICATE_INVALID', `Cannot use the certificates for "${host}": ${messageOf(error)}`, { cause: error });
  }
}

let common: readonly string[] | undefined;

/** Reading the system's store takes 50 ms, and lists most authorities twice, as files and as one bundle. */
function commonAuthorities(): readonly string[] {
  common ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return common;
}

async function readAuthorities(folder: string, names: RegExp): Promise<string[]> {
  const files = await listFolder(folder);
  return await Promise.all(files.filter((name) => names.test(name)).map(async (name) => await readCertificate(join(folder, name))));
}

async function readClientPairs(folder: string): Promise<{ readonly cert: string; readonly key: string }[]> {
  const files = await listFolder(folder);
  const certificates = files.filter((name) => name.endsWith('.cert'));
  return await Promise.all(
    certificates.map(async (name) => ({
      cert: await readCertificate(join(folder, name)),
      key: await readCertificate(join(folder, `${name.slice(0, -'.cert'.length)}.key`)),
    })),
  );
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return [];
    throw clientError('CERTIFICATE_INVALID', `Cannot read the folder "${folder}": ${messageOf(error)}`, { cause: error });
  }
}

async function readCertificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw clientError('CERTIFICATE_INVALID', `Cannot read "${path}": ${messageOf(error)}`, { cause: error });
  }
}
