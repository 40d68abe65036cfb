import { listFlag } from '../command/flag.ts';

/** Of every command that talks to registries. Loopback needs no such flag. */
export const INSECURE_FLAG = {
  'insecure-registry': listFlag('Accept plain HTTP and unknown certificates from this registry (host, host:port or network)'),
} as const;
