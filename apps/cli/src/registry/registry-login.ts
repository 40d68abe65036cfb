import type { Credential } from '@slipway/client';
import type { Registries } from '../open-registries.ts';

type UserCredential = Exclude<Credential, { readonly kind: 'registry-token' }>;

/** One registry's login. */
export interface RegistryLogin {
  /** Under which credentials are kept: `$SLIPWAY_REGISTRY` for docker.io. */
  readonly name: string;
  find(): Promise<Credential | undefined>;
  /** Errors: UNAUTHORIZED, those of the network. */
  verify(typed: { readonly username: string; readonly password: string }): Promise<Credential>;
  /** Asks again with what is kept. Errors: as `verify`. */
  renew(known: UserCredential): Promise<Credential>;
  /** Resolves to where it went. */
  store(credential: Credential): Promise<{ readonly kind: 'file' | 'helper'; readonly where: string }>;
}

export function createRegistryLogin({ client, credentials }: Registries, registry: string, signal: AbortSignal): RegistryLogin {
  const name = client.credentialNameOf(registry);
  return {
    name,
    find: async () => await credentials.find(name),
    verify: async (typed) => await client.login(registry, { ...typed, signal }),
    renew: async (known) => await client.login(registry, { credential: known, signal }),
    async store(credential) {
      await credentials.store(name, credential);
      return await credentials.locate(name);
    },
  };
}
