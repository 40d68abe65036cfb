import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { benchError } from '../errors.ts';

/** A connection to the inspector of another Node.js process. */
export interface Inspector extends Disposable {
  /** Rejects with PROFILE_FAILED when the inspector answers with an error. */
  call(method: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

const ATTEMPTS = 50;

export async function openInspector(port: number): Promise<Inspector> {
  const socket = new WebSocket(await resolveUrl(port));
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  socket.addEventListener('message', (event) => {
    const reply = JSON.parse(String(event.data)) as Reply;
    const call = waiting.get(reply.id ?? 0);
    waiting.delete(reply.id ?? 0);
    if (reply.error === undefined) call?.resolve(reply.result);
    else call?.reject(benchError('PROFILE_FAILED', `The inspector answered: ${reply.error.message}`));
  });
  socket.addEventListener('close', () => {
    for (const call of waiting.values()) call.reject(benchError('PROFILE_FAILED', 'The inspector closed the connection'));
  });
  return {
    call(method, parameters = {}) {
      const call = Promise.withResolvers<unknown>();
      waiting.set(++lastId, call);
      socket.send(JSON.stringify({ id: lastId, method, params: parameters }));
      return call.promise;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

async function resolveUrl(port: number): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await response.json()) as { readonly webSocketDebuggerUrl: string }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (attempt === ATTEMPTS - 1) throw benchError('PROFILE_FAILED', `No inspector answers on port ${port}`, { cause: error });
    }
    await delay(50);
  }
  throw benchError('PROFILE_FAILED', `The inspector on port ${port} has nothing to inspect`);
}
