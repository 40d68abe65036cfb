import { isRepositoryName, type RepositoryName } from '@slipway/oci';
import { CATALOG_SCOPE } from '../auth/scope.ts';
import type { RegistryHost } from '../http/registry-host.ts';
import type { CallOptions } from './manifests.ts';
import { stringsOf, walkPages } from './pages.ts';

/** Every repository that the registry lists for the caller. Errors: UNAUTHORIZED, DENIED, UNSUPPORTED. */
export async function* walkCatalog(host: RegistryHost, options: CallOptions = {}): AsyncGenerator<RepositoryName, void, void> {
  const doing = `Cannot list the repositories of "${host.host}"`;
  const send = async (path: string) => await host.send({ method: 'GET', path, scopes: [CATALOG_SCOPE], doing, ...options });
  for await (const page of walkPages(host, { path: '/v2/_catalog?n=1000', doing, send, ...options })) {
    yield* stringsOf(page, 'repositories').filter(isRepositoryName);
  }
}
