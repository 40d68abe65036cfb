import { isAppError } from '@slipway/base';
import { parseReference } from '@slipway/oci';
import { cliError } from '../errors.ts';

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set(['', DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);

/** The registry that `login` and `logout` are about, as image names have it. URLs are taken for their host, as docker does. Throws USAGE. */
export function parseRegistryName(text: string | undefined): string {
  const host = (text ?? '').replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  if (text === undefined || DOCKER_HUB_NAMES.has(host)) return DOCKER_HUB;
  try {
    return parseReference('any', { defaultRegistry: host }).registry;
  } catch (error) {
    if (!isAppError(error, 'REFERENCE_INVALID')) throw error;
    throw cliError('USAGE', `Cannot log in or out: "${text}" is no registry's name`, {
      hint: 'Name it as HOST or HOST:PORT.',
      cause: error,
    });
  }
}

export function isDockerHub(registry: string): boolean {
  return registry === DOCKER_HUB;
}
