import { join } from 'node:path';
import { createCredentialStore, createRegistryClient, readMirrors } from '@slipway/client';
import type { ContextOptions, Registries, RegistriesOptions } from './context.ts';
import { dockerConfigFolder, slipwayHome } from './slipway-home.ts';

export async function openRegistries(
  context: Pick<ContextOptions, 'environment' | 'cwd' | 'clock'>,
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
  const endpoints = { mirrors, ...(dockerHubHost === undefined || dockerHubHost === '' ? {} : { dockerHubHost }) };
  const client = createRegistryClient({ clock, credentials, endpoints, env, insecureRegistries });
  return { client, credentials, [Symbol.dispose]: () => client[Symbol.dispose]() };
}
