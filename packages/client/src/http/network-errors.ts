import { type AppError, isAppError, messageOf, systemCodeOf } from '@slipway/base';
import { type ClientErrorCode, clientError } from '../errors.ts';

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL']);
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Says in words what went wrong below HTTP. An AppError and the reason of an abort pass through. */
export function networkError(error: unknown, url: URL): AppError {
  if (isAppError(error)) return error;
  const code = systemCodeOf(error) ?? '';
  const at = `"${url.protocol}//${url.host}"`;
  const of = (name: ClientErrorCode, why: string) => clientError(name, `Cannot reach ${at}: ${why}`, { cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return of('HOST_UNKNOWN', `no such host "${url.hostname}"`);
  if (UNREACHABLE.has(code)) return of('HOST_UNREACHABLE', code === 'ECONNREFUSED' ? 'connection refused' : code);
  if (code === 'ETIMEDOUT') return of('STALLED', 'the connection timed out');
  if (UNTRUSTED.has(code)) return untrusted(error, url);
  if (code.startsWith('CERT_') || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return of('TLS_FAILED', messageOf(error));
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number|packet length too long|http request/i.test(messageOf(error))) {
    return of('PLAIN_HTTP', 'server gave HTTP response to HTTPS client');
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return of('TLS_FAILED', messageOf(error));
  if (code.startsWith('HPE_')) return of('ANSWER_INVALID', `the answer is not HTTP (${code})`);
  if (code === 'ERR_PROXY_TUNNEL') return of('HOST_UNREACHABLE', messageOf(error));
  return of('CONNECTION_BROKEN', BROKEN.has(code) ? 'the connection broke' : messageOf(error) || code);
}

function untrusted(error: unknown, url: URL): AppError {
  return clientError('TLS_UNTRUSTED', `Cannot trust "${url.host}": certificate signed by unknown authority`, {
    hint: `Put its CA certificate in /etc/docker/certs.d/${url.host}/ca.crt, name it in SSL_CERT_FILE, or pass --insecure-registry ${url.host}.`,
    cause: error,
  });
}
