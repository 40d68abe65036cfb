/** How someone shows who they are to one registry. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token that a registry gave at login. */
  | { readonly kind: 'identity-token'; readonly username: string; readonly identityToken: string }
  /** Sent as it is, as a bearer token. */
  | { readonly kind: 'registry-token'; readonly registryToken: string };

/** Where credentials come from. `registry` is a host with its port, `docker.io` for Docker Hub. */
export interface CredentialSource {
  find(registry: string): Promise<Credential | undefined>;
}

export const anonymous: CredentialSource = { find: async () => undefined };

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
