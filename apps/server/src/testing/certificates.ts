import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate authority of its own in a folder, by way of openssl. */
export interface TestAuthority {
  /** PEM, to trust. */
  readonly certificate: string;
  /** Makes a certificate for localhost and 127.0.0.1 whose subject is `name`. */
  issue(name: string): { readonly cert: string; readonly key: string };
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function createTestAuthority(folder: string): TestAuthority {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  openssl('req', '-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
  return {
    certificate: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    issue(name) {
      const cert = `${name}.pem`;
      const key = `${name}.key`;
      const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-CA', 'ca.pem', '-CAkey', 'ca.key'];
      openssl('req', '-x509', ...KEY, '-keyout', key, '-out', cert, '-days', '1', '-subj', `/CN=${name}`, ...names);
      return { cert: readFileSync(join(folder, cert), 'utf8'), key: readFileSync(join(folder, key), 'utf8') };
    },
  };
}
