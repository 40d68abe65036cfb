import { join } from 'node:path';
import {
  type ConfigDocument,
  findInAuths,
  isRecord,
  keysOfRegistry,
  parseConfig,
  readConfigFile,
  withCredential,
  withoutCredential,
  writeConfigFile,
} from './config-file.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { CredentialHelper, type RunProgram, runProgram } from './credential-helper.ts';
import { hostOfKey, keyOfRegistry } from './registry-key.ts';

export interface CredentialStoreOptions {
  /** `$DOCKER_CONFIG`, else `~/.docker`. */
  readonly configFolder: string;
  /** `$DOCKER_AUTH_CONFIG`: a config.json whose `auths` come first and are never written. */
  readonly authConfig?: string | undefined;
  readonly runProgram?: RunProgram;
}

/** Credentials in docker's own place, so that docker, podman and Slipway share logins. */
export interface CredentialStore extends CredentialSource {
  /** Where a credential for the registry goes: the file's path, or the helper's program. */
  locate(registry: string): Promise<{ readonly kind: 'file' | 'helper'; readonly where: string }>;
  store(registry: string, credential: Credential): Promise<void>;
  /** Idempotent. Resolves to whether config.json knew the registry. */
  erase(registry: string): Promise<boolean>;
}

/**
 * Looks where docker looks: DOCKER_AUTH_CONFIG, then the helper that `credHelpers` names for the registry, then `credsStore`, then `auths`.
 * The file is read anew each time. Errors: CONFIG_INVALID, CREDENTIAL_HELPER_FAILED.
 */
export function createCredentialStore(options: CredentialStoreOptions): CredentialStore {
  const path = join(options.configFolder, 'config.json');
  const helperFor = (document: ConfigDocument, registry: string) => {
    const name = helperName(document, registry);
    return name === undefined ? undefined : new CredentialHelper(name, options.runProgram ?? runProgram);
  };
  return {
    async find(registry) {
      const fixed = options.authConfig ? findInAuths(parseConfig(options.authConfig, 'DOCKER_AUTH_CONFIG'), registry) : undefined;
      if (fixed !== undefined) return fixed;
      const document = await readConfigFile(path);
      const helper = helperFor(document, registry);
      return helper === undefined ? findInAuths(document, registry) : await helper.get(keyOfRegistry(registry));
    },
    async locate(registry) {
      const name = helperName(await readConfigFile(path), registry);
      return name === undefined ? { kind: 'file', where: path } : { kind: 'helper', where: `docker-credential-${name}` };
    },
    async store(registry, credential) {
      const document = await readConfigFile(path);
      const helper = helperFor(document, registry);
      await helper?.store(keyOfRegistry(registry), credential);
      // As docker does: an empty entry says that the helper holds something for this registry.
      await writeConfigFile(path, withCredential(document, registry, helper === undefined ? credential : 'elsewhere'));
    },
    async erase(registry) {
      const document = await readConfigFile(path);
      const helper = helperFor(document, registry);
      const keys = keysOfRegistry(document, registry);
      for (const key of new Set([keyOfRegistry(registry), ...keys])) await helper?.erase(key);
      const isKnown = keys.length > 0;
      if (isKnown) await writeConfigFile(path, withoutCredential(document, registry));
      return isKnown;
    },
  };
}

function helperName(document: ConfigDocument, registry: string): string | undefined {
  const helpers = document['credHelpers'];
  const key = keyOfRegistry(registry);
  const own = isRecord(helpers) ? (helpers[key] ?? helpers[hostOfKey(key)]) : undefined;
  const name = typeof own === 'string' && own !== '' ? own : document['credsStore'];
  // A name that is a path would run another program than a credential helper.
  return typeof name === 'string' && /^[\w.-]+$/.test(name) ? name : undefined;
}
