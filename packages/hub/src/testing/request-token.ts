import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hub } from '../hub.ts';

export interface RequestTokenOptions {
  readonly authorization: string | undefined;
  readonly origin: string;
  readonly scopes: readonly string[];
}

/** Asks the hub's token handler over HTTP, as clients do. */
export async function requestToken(hub: Hub, { authorization, origin, scopes }: RequestTokenOptions): Promise<string> {
  const server = createServer((request, response) => void hub.tokenHandler(request, response, { address: '10.0.0.1', origin }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const query = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]));
    const { port } = server.address() as AddressInfo;
    const response = await fetch(
      `http://127.0.0.1:${port}/token?${query.toString()}`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    const body = (await response.json()) as { readonly token?: string };
    if (body.token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
    return body.token;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
