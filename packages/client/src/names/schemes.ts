import { isInNetwork } from '../http/proxy.ts';
import { isLoopback } from './loopback.ts';

export type Scheme = 'http:' | 'https:';

/** Whether the user accepts a registry without a trusted certificate: loopback, and what `--insecure-registry` names (host, host:port, network). */
export function isInsecure(host: string, insecureRegistries: readonly string[]): boolean {
  const hostname = hostnameOf(host);
  if (isLoopback(hostname)) return true;
  return insecureRegistries.some((entry) => entry === host || entry === hostname || isInNetwork(hostname.replace(/^\[|\]$/g, ''), entry));
}

/**
 * How to try to speak to a host, first wish first. Loopback is asked over HTTP first, since nearly every registry there speaks it, and over
 * HTTPS when that fails; an insecure registry over HTTPS first, then HTTP, as docker does; any other over HTTPS alone.
 */
export function schemesFor(host: string, insecureRegistries: readonly string[]): readonly Scheme[] {
  if (isLoopback(hostnameOf(host))) return ['http:', 'https:'];
  return isInsecure(host, insecureRegistries) ? ['https:', 'http:'] : ['https:'];
}

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}
