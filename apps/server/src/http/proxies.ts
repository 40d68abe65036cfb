import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { parseNetwork } from '../config/network.ts';

/** Who asks, and under which address the client knows us. */
export interface ClientView {
  readonly address: string;
  /** Scheme and host, no trailing slash. */
  readonly origin: string;
}

export interface ProxyOptions {
  /** Addresses or networks (CIDR) whose `X-Forwarded-*` headers count. */
  readonly trusted: readonly string[];
  /** Overrides what requests say. */
  readonly publicUrl: string | undefined;
}

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Reads address and origin of requests, believing forwarding headers only of trusted proxies. Throws CONFIG_INVALID for bad networks. */
export function createClientViewReader(options: ProxyOptions): (request: IncomingMessage) => ClientView {
  const trusted = toBlockList(options.trusted);
  const trustBySocket = new WeakMap<object, { readonly address: string; readonly isTrusted: boolean }>();
  const plainViews = new WeakMap<object, { readonly host: string | undefined; readonly view: ClientView }>();

  function peerOf(request: IncomingMessage) {
    const known = trustBySocket.get(request.socket);
    if (known !== undefined) return known;
    const address = plainAddress(request.socket.remoteAddress ?? '');
    const peer = { address, isTrusted: isTrusted(trusted, address) };
    trustBySocket.set(request.socket, peer);
    return peer;
  }

  function readView(request: IncomingMessage): ClientView {
    const peer = peerOf(request);
    const { headers } = request;
    const address = peer.isTrusted ? forwardedAddress(headers['x-forwarded-for'], trusted, peer.address) : peer.address;
    if (options.publicUrl !== undefined) return { address, origin: options.publicUrl };
    const direct = (request.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
    const proto = (peer.isTrusted ? firstOf(headers['x-forwarded-proto']) : undefined) ?? direct;
    const host = (peer.isTrusted ? forwardedHost(request) : headers.host) ?? '';
    const scheme = proto.toLowerCase() === 'https' ? 'https' : 'http';
    return { address, origin: `${scheme}://${isHost(host) ? host : 'localhost'}` };
  }

  return (request) => {
    if (isForwarded(request)) return readView(request);
    // Without a proxy all requests of a connection look alike.
    const { host } = request.headers;
    const known = plainViews.get(request.socket);
    if (known !== undefined && known.host === host) return known.view;
    const view = readView(request);
    plainViews.set(request.socket, { host, view });
    return view;
  };
}

const FORWARDING = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'] as const;

function isForwarded({ headers }: IncomingMessage): boolean {
  return FORWARDING.some((name) => headers[name] !== undefined);
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const { address, bits, family } of networks.map(parseNetwork)) list.addSubnet(address, bits, family);
  return list;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** IPv4 addresses as such, also when they arrive on an IPv6 socket. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** The last address of the chain that no trusted proxy has: what stands further left is the client's own claim. */
function forwardedAddress(header: string | string[] | undefined, trusted: BlockList, peer: string): string {
  const chain = [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => plainAddress(part.trim()));
  for (const address of chain.toReversed()) {
    if (isIP(address) === 0) break;
    if (!isTrusted(trusted, address)) return address;
  }
  return peer;
}

/** nginx and others send `$host`, which has no port, and the port in a header of its own. */
function forwardedHost({ headers }: IncomingMessage): string | undefined {
  const host = firstOf(headers['x-forwarded-host']) ?? headers.host;
  const port = firstOf(headers['x-forwarded-port']) ?? '';
  if (host === undefined || /:\d*$/.test(host) || !/^\d{1,5}$/.test(port) || ['80', '443'].includes(port)) return host;
  return `${host}:${port}`;
}

/** What parses as part of a URL: `a:70000` and `1.2.3.4.5` have the letters, but nobody could build a URL of them. */
function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}`);
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const first = [header ?? []].flat()[0]?.split(',')[0]?.trim();
  return first === '' ? undefined : first;
}
