import { isAppError } from '@slipway/base';
import { unpackPackages } from './unpack-packages.ts';

export interface Peer {
  /** Where the packages are unpacked; empty when they can't be used here. */
  readonly root: string;
  /** Why tests with them can't run here, to be shown in the tests' name. */
  readonly skipped: string | undefined;
}

export interface PeerNeeds {
  /** Mounts, network namespaces and devices. */
  readonly superuser?: boolean;
}

/** Fetches the packages if this machine can use them; says why not instead of failing. */
export async function resolvePeer(packages: readonly string[], needs: PeerNeeds = {}): Promise<Peer> {
  const missing = whyNot(needs);
  if (missing !== undefined) return { root: '', skipped: `SKIPPED: ${missing}` };
  try {
    return { root: await unpackPackages(packages), skipped: undefined };
  } catch (error) {
    if (isAppError(error, 'PEER_UNAVAILABLE')) return { root: '', skipped: `SKIPPED: ${error.message}` };
    throw error;
  }
}

function whyNot(needs: PeerNeeds): string | undefined {
  if (process.platform !== 'linux') return `needs Linux, this is ${process.platform}`;
  if (needs.superuser === true && process.getuid?.() !== 0) return 'needs to run as root';
  return undefined;
}
