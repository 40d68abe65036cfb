import { join } from 'node:path';
import { type CredentialStore, createCredentialStore, createRegistryClient, type RegistryClient, readMirrors } from '@slipway/client';
import type { ProcessContext } from './process-context.ts';
import { parseRegistryName } from './registry/registry-name.ts';
import { dockerConfigFolder, slipwayHome } from './slipway-home.ts';

export interface RegistriesOptions {
  /** `--insecure-registry`: hosts that may speak plain HTTP or show an unknown certificate. */
  readonly insecureRegistries?: readonly string[];
}

export interface Registries extends Disposable {
  readonly client: RegistryClient;
  readonly credentials: CredentialStore;
}

export async function openRegistries(
  context: Pick<ProcessContext, 'environment' | 'cwd' | 'clock'>,
  { insecureRegistries = [] }: RegistriesOptions,
): Promise<Registries> {
  const { environment: env, clock } = context;
  const authConfig = env['DOCKER_AUTH_CONFIG'];
  const dockerHubHost = env['SLIPWAY_REGISTRY'];
  const credentials = createCredentialStore({
    configFolder: dockerConfigFolder(context),
    ...(authConfig === undefined ? {} : { authConfig }),
  });
  const mirrors = await readMirrors(join(slipwayHome(context), 'mirrors.json'));
  const endpoints = {
    mirrors,
    ...(dockerHubHost === undefined || dockerHubHost === ''
      ? {}
      : { dockerHubHost: parseRegistryName(dockerHubHost, 'use $SLIPWAY_REGISTRY') }),
  };
  const client = createRegistryClient({ clock, credentials, endpoints, env, insecureRegistries });
  return { client, credentials, [Symbol.dispose]: () => client[Symbol.dispose]() };
}
