import { type ErrorTable, errorFactory } from '@slipway/base';

export const CLIENT_ERRORS = {
  HOST_UNKNOWN: { kind: 'unavailable', advice: 'Check the registry name for a typing error, then DNS and the proxy settings.' },
  HOST_UNREACHABLE: {
    kind: 'unavailable',
    advice: 'Check that the registry runs, the port is right and no firewall or proxy is in between.',
  },
  CONNECTION_BROKEN: { kind: 'unavailable', advice: 'Try again: the connection broke more often than the client repeats on its own.' },
  STALLED: { kind: 'unavailable', advice: 'Try again: the registry or a proxy on the way stopped answering.' },
  TRUNCATED: { kind: 'unavailable', advice: 'Try again; if it stays, a proxy on the way cuts long transfers, or the registry lost bytes.' },
  TLS_UNTRUSTED: {
    kind: 'unavailable',
    advice:
      'Put the CA certificate in /etc/docker/certs.d/HOST:PORT/ca.crt or name it in SSL_CERT_FILE; for a test registry use --insecure-registry.',
  },
  TLS_FAILED: { kind: 'unavailable', advice: "Check the registry's certificate: its names, its dates and the TLS versions it accepts." },
  PLAIN_HTTP: { kind: 'unavailable', advice: 'The registry speaks HTTP without TLS: name it with --insecure-registry if you accept that.' },
  UNAUTHORIZED: { kind: 'unauthenticated', advice: 'Log in with the right user name and password or access token.' },
  DENIED: { kind: 'denied', advice: 'Check the name, log in, and ask the owner for access to the repository.' },
  REALM_REFUSED: {
    kind: 'denied',
    advice: 'The registry sends credentials to a token service that is no place for them: tell its administrator to use https.',
  },
  MANIFEST_UNKNOWN: { kind: 'not-found', advice: 'Check the tag or digest; list the tags of the repository to see what there is.' },
  BLOB_UNKNOWN: { kind: 'not-found', advice: 'The registry lacks content that its manifest names: push the image again.' },
  NAME_UNKNOWN: { kind: 'not-found', advice: 'Check the repository name; it comes into being with the first push.' },
  PLATFORM_UNKNOWN: { kind: 'not-found', advice: 'Choose one of the platforms the image has, with --platform.' },
  TOO_MANY_REQUESTS: { kind: 'exhausted', advice: 'Wait, log in for a higher limit, or use a mirror.' },
  UNSUPPORTED: { kind: 'unsupported', advice: 'The registry does not offer this: ask its administrator to enable it.' },
  TOO_LARGE: { kind: 'invalid', advice: 'The registry or a proxy before it limits the size: raise the limit there.' },
  REQUEST_REFUSED: { kind: 'invalid', advice: 'Read what the registry says in the message.' },
  REGISTRY_FAILED: { kind: 'unavailable', advice: "Try again later; the registry's own log says more." },
  ANSWER_INVALID: { kind: 'unavailable', advice: 'What answers is no container registry, or a proxy changed its answer.' },
  DIGEST_MISMATCH: { kind: 'data-loss', advice: 'Something changed the content on its way, or the registry is damaged: do not use it.' },
  SIZE_MISMATCH: { kind: 'data-loss', advice: 'Something changed the content on its way, or the registry is damaged: do not use it.' },
  MANIFEST_TOO_LARGE: { kind: 'invalid', advice: 'A manifest of this size is no manifest: check the reference.' },
  CONFIG_INVALID: { kind: 'invalid', advice: "Repair or remove docker's config.json ($DOCKER_CONFIG, else ~/.docker)." },
  MIRRORS_INVALID: { kind: 'invalid', advice: 'mirrors.json maps registry hosts to HOST/PREFIX: {"gcr.io": "hub.example/gcr.io"}.' },
  PROXY_INVALID: { kind: 'invalid', advice: 'Write HTTP_PROXY and HTTPS_PROXY as http://[USER:PASSWORD@]HOST:PORT.' },
  CERTIFICATE_INVALID: { kind: 'invalid', advice: 'Check the named certificate file: it must be readable and in PEM form.' },
  CREDENTIAL_HELPER_FAILED: { kind: 'unavailable', advice: 'Install the credential helper that config.json names, or remove it there.' },
} as const satisfies ErrorTable;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

export const clientError = errorFactory(CLIENT_ERRORS);
