import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port that nothing on loopback used a moment ago. Another process may still take it first: prefer port 0 where a program accepts it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
