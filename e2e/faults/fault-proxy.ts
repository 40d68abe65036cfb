import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultAction, FaultPlan } from './fault.ts';

export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`, as image names have it. */
  readonly url: string;
  /** What was done so far, by kind. */
  readonly done: ReadonlyMap<FaultAction['kind'], number>;
  readonly requests: number;
  /** From now on. */
  setPlan(plan: FaultPlan): void;
}

const NO_FAULTS: FaultPlan = () => undefined;

/**
 * Stands between a client and a registry on loopback and spoils what the plan says. The registry sees the proxy's own host name, so that the
 * places it names (uploads, tokens) lead back through the proxy.
 */
export async function startFaultProxy(upstream: string, plan: FaultPlan = NO_FAULTS): Promise<FaultProxy> {
  let current = plan;
  let requests = 0;
  const done = new Map<FaultAction['kind'], number>();
  const server = createServer((request, response) => {
    requests++;
    const { method = '', url = '', headers } = request;
    const length = headers['content-length'];
    const sizeBytes = length === undefined ? undefined : Number(length);
    const fault = current({ method, path: url, range: headers.range, sizeBytes });
    const applied = () => fault !== undefined && done.set(fault.kind, (done.get(fault.kind) ?? 0) + 1);
    // Whatever breaks on one side ends on the other, as connections do.
    exchange({ request, response, upstream, fault, applied }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    get requests() {
      return requests;
    },
    setPlan(next) {
      current = next;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: string;
  readonly fault: FaultAction | undefined;
  readonly applied: () => void;
}

async function exchange({ request, response, upstream, fault, applied }: Exchange): Promise<void> {
  if (fault?.kind === 'refuse') {
    applied();
    return await refuse(request, response, fault);
  }
  const { host, port } = new URL(upstream);
  const onward = forward({
    host: host.split(':')[0],
    port,
    method: request.method,
    path: request.url,
    headers: request.headers,
    agent: false,
  });
  response.once('close', () => onward.destroy());
  const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
  const sending = sendOn(request, onward, { fault, applied });
  // Refusals may come while the client still sends.
  const whole = sending.then(async (isCut) => (isCut ? undefined : (await answered)[0]));
  const from = await Promise.race([answered.then(([message]) => message), whole]);
  if (from === undefined) {
    applied();
    onward.destroy();
    answered.catch(() => undefined);
    request.socket.destroy();
    return;
  }
  await answer(response, from, { fault, applied });
}

/** Resolves to whether it stopped early. */
async function sendOn(request: IncomingMessage, onward: ReturnType<typeof forward>, { fault, applied }: Spoiling): Promise<boolean> {
  const cutAfter = fault?.kind === 'cut-request' ? fault.afterBytes : Infinity;
  let stallAfter = fault?.kind === 'stall-request' ? fault.afterBytes : Infinity;
  let sent = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, cutAfter - sent);
    sent += part.length;
    if (!onward.write(part)) await drained(onward);
    if (fault?.kind === 'stall-request' && sent >= stallAfter) {
      stallAfter = Infinity;
      applied();
      await pause(fault.forMs);
    }
    if (sent >= cutAfter) {
      // What was let through arrives: the registry keeps it.
      await delay(20);
      return true;
    }
  }
  onward.end();
  return false;
}

async function refuse(request: IncomingMessage, response: ServerResponse, fault: Extract<FaultAction, { kind: 'refuse' }>): Promise<void> {
  request.resume();
  const headers = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
  response.writeHead(fault.status, { 'content-type': 'application/json', connection: 'close', ...headers });
  response.end('{"errors":[{"code":"UNAVAILABLE","message":"the proxy says no"}]}');
}

interface Spoiling {
  readonly fault: FaultAction | undefined;
  readonly applied: () => void;
}

async function answer(response: ServerResponse, from: IncomingMessage, { fault, applied }: Spoiling): Promise<void> {
  if (fault?.kind === 'cut-answer' && fault.afterBytes < 0) {
    applied();
    response.destroy();
    return;
  }
  const headers = { ...from.headers };
  const lengthBytes = Number(headers['content-length'] ?? 0);
  const limit = fault?.kind === 'truncate' && fault.toBytes < lengthBytes ? fault.toBytes : Infinity;
  if (limit !== Infinity) {
    applied();
    headers['content-length'] = String(limit);
  }
  response.writeHead(from.statusCode ?? 502, headers);
  let sent = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const spoilt = await spoil(chunk, sent, { fault, applied });
    const part = spoilt.subarray(0, Math.max(0, limit - sent));
    sent += chunk.length;
    if (part.length > 0 && !response.write(part)) await drained(response);
    if (response.destroyed) return;
    if (fault?.kind === 'cut-answer' && sent >= fault.afterBytes) {
      applied();
      response.destroy();
      return;
    }
  }
  response.end();
}

async function spoil(chunk: Buffer, before: number, { fault, applied }: Spoiling): Promise<Buffer> {
  const at = placeOf(fault);
  if (at < before || at >= before + chunk.length) return chunk;
  applied();
  if (fault?.kind === 'stall') await pause(fault.forMs);
  if (fault?.kind !== 'corrupt') return chunk;
  const changed = Buffer.from(chunk);
  changed[at - before] = (changed[at - before] ?? 0) ^ 1;
  return changed;
}

/** Nobody waits for it at the end. */
async function pause(forMs: number): Promise<void> {
  await delay(forMs, undefined, { ref: false });
}

function placeOf(fault: FaultAction | undefined): number {
  if (fault?.kind === 'corrupt') return fault.atByte;
  return fault?.kind === 'stall' ? fault.afterBytes : -1;
}

/** Also resolves when nobody will read on. */
async function drained(stream: Writable): Promise<void> {
  const stop = new AbortController();
  const happened = ['drain', 'close', 'error'].map(
    async (event) => await once(stream, event, { signal: stop.signal }).catch(() => undefined),
  );
  await Promise.race(happened);
  stop.abort();
}
