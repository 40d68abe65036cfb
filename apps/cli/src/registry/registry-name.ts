import { isAppError } from '@slipway/base';
import { parseReference } from '@slipway/oci';
import { cliError } from '../errors.ts';

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set(['', DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);

/** The registry that `login`, `logout` and `$SLIPWAY_REGISTRY` are about, as image names have it. URLs are taken for their host, as docker does. Throws USAGE. */
export function parseRegistryName(text: string | undefined, doing = 'log in or out'): string {
  const host = (text ?? '').replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  if (text === undefined || DOCKER_HUB_NAMES.has(host)) return DOCKER_HUB;
  try {
    return parseReference('any', { defaultRegistry: host }).registry;
  } catch (error) {
    if (!isAppError(error, 'REFERENCE_INVALID')) throw error;
    throw cliError('USAGE', `Cannot ${doing}: "${text.replace(/^.*@/s, '')}" is no registry's name`, {
      hint: 'Name it as HOST or HOST:PORT.',
      cause: error,
    });
  }
}

export function isDockerHub(registry: string): boolean {
  return registry === DOCKER_HUB;
}
