import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare connection, to see and do what HTTP clients hide. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** What came so far. */
  readonly received: () => string;
  /** Writes, and waits until the kernel took it; rejects when the connection broke. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Resolves once the pattern came. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the other side closed. */
  closed(): Promise<void>;
}

export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  let received = '';
  let failure: Error | undefined;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('error', (error) => {
    failure = error;
  });
  return {
    socket,
    received: () => received,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async until(pattern) {
      while (!pattern.test(received)) {
        if (failure !== undefined) throw failure;
        if (socket.readableEnded) throw new Error(`The connection ended after ${JSON.stringify(received)}`);
        await Promise.race([once(socket, 'data'), once(socket, 'end')]);
      }
      return received;
    },
    async closed() {
      if (!socket.readableEnded && failure === undefined) await once(socket, 'end');
      if (failure !== undefined) throw failure;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request's head, with the account `ann`. */
export function headOf({ method, path, headers = {} }: RawRequest): string {
  const lines = Object.entries({ Host: 'registry.test', Authorization: `Basic ${btoa('ann:secret')}`, ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
