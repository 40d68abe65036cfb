import { chmod, unlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { systemCodeOf } from '@slipway/base';
import { serverError } from './errors.ts';

/** What `sockaddr_un` of Linux holds, without its closing NUL; macOS has 103. */
const MAX_PATH_BYTES = 107;

/**
 * Listens on the data folder's socket, which its owner alone can open (0600). The caller holds the data folder's lock, so a socket that is
 * there is what a killed server left. Throws DATA_FOLDER_UNUSABLE when the path is too long for a socket.
 */
export async function listenOnAdminSocket(path: string, handle: RequestListener): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw serverError('DATA_FOLDER_UNUSABLE', `Cannot listen on "${path}": paths of sockets have at most ${MAX_PATH_BYTES} bytes`, {
      hint: 'Choose a data folder with a shorter path',
    });
  }
  await unlink(path).catch((error: unknown) => {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  });
  const server = createServer({ requestTimeout: 0 }, handle);
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  // Never open to others, not even between bind and chmod.
  const mask = process.umask(0o177);
  try {
    server.listen(path, listening.resolve);
  } finally {
    process.umask(mask);
  }
  await listening.promise;
  await chmod(path, 0o600);
  return server;
}
