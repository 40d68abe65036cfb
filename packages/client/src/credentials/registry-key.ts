const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The key under which docker keeps a registry's credentials: its host, or the old address of Docker Hub. */
export function keyOfRegistry(registry: string): string {
  const host = hostOfKey(registry);
  return DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB_KEY : host;
}

/** The host in a key, which old clients wrote as a URL. */
export function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}
