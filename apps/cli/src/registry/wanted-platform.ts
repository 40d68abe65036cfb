import { arch } from 'node:os';
import { normalizePlatform, type Platform, parsePlatform } from '@slipway/oci';
import { textFlag } from '../command/flag.ts';
import type { CliContext } from '../context.ts';

export const PLATFORM_FLAG = {
  platform: textFlag('The platform of an image of several (default $DOCKER_DEFAULT_PLATFORM, else this machine)', {
    placeholder: 'os/arch',
  }),
} as const;

/** Go's names where Node's are others. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  loong64: 'loong64',
  mipsel: 'mipsle',
};

/** What images run on here. */
export function machinePlatform(): Platform {
  const name = arch();
  return normalizePlatform({ os: 'linux', architecture: ARCHITECTURES[name] ?? name });
}

/** The platform of `--platform`, else of `$DOCKER_DEFAULT_PLATFORM`; undefined when neither says one. Errors: PLATFORM_INVALID. */
export function requestedPlatform(text: string | undefined, { environment }: Pick<CliContext, 'environment'>): Platform | undefined {
  const named = text ?? environment['DOCKER_DEFAULT_PLATFORM'] ?? '';
  return named === '' ? undefined : parsePlatform(named, machinePlatform());
}
