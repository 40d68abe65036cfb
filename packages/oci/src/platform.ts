import { ociError } from './errors.ts';
import { optionalFieldsOf, type Place, readObject, readString, readStrings } from './internal/json-fields.ts';
import { omitUndefined } from './internal/omit-undefined.ts';
import {
  type Architecture,
  isKnownArchitecture,
  isKnownSystem,
  normalizeArchitecture,
  normalizeSystem,
} from './internal/platform-names.ts';
import { quote } from './internal/quote.ts';

/** What an image runs on, spelled as in an index (image-spec "platform"), so that it prints as it was read. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

const SYSTEM = /^([A-Za-z0-9_.-]+)(?:\(([A-Za-z0-9_.-]+)\))?$/;
const PART = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `linux/arm64/v8`, `linux/arm64`, `windows(10.0.17763)/amd64`, or one of system and architecture, the other then being `host`'s.
 * Aliases become their usual names (`x86_64` -> `amd64`, `macos` -> `darwin`); an explicit `v8` stays visible, as in containerd.
 * Errors: PLATFORM_INVALID (invalid).
 */
export function parsePlatform(text: string, host: Platform = { os: 'linux', architecture: 'amd64' }): Platform {
  const [first = '', ...parts] = text.split('/');
  const system = SYSTEM.exec(first);
  if (system === null || parts.length > 2 || !parts.every((part) => PART.test(part))) {
    throw ociError('PLATFORM_INVALID', `Cannot read platform ${quote(text)}: it is not of the form OS/ARCHITECTURE[/VARIANT]`);
  }
  const [architecture, variant] = parts;
  if (architecture === undefined && system[2] === undefined) return completePlatform(first, host);
  return omitUndefined({
    os: normalizeSystem(system[1] ?? ''),
    ...(architecture === undefined ? architectureOf(host) : spelledArchitecture(architecture, variant)),
    'os.version': system[2],
  });
}

/** `linux/arm64/v8`, with the system's version in parentheses when there is one. */
export function formatPlatform(platform: Platform): string {
  const version = platform['os.version'] ?? '';
  const os = version === '' ? platform.os : `${platform.os}(${version})`;
  return [os, platform.architecture, platform.variant ?? ''].filter((part) => part !== '').join('/');
}

/** The one spelling of equal platforms: `arm64/v8` is `arm64`, `amd64/v1` is `amd64`, `arm` is `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
  return omitUndefined({
    os: normalizeSystem(platform.os),
    ...normalizeArchitecture(platform.architecture, platform.variant),
    'os.version': platform['os.version'],
    'os.features': platform['os.features'],
  });
}

/** Reads a descriptor's platform. Empty and absent systems and architectures are tolerated: `docker manifest create` writes them for artifacts. */
export function readPlatform(value: unknown, place: Place): Platform {
  const optional = optionalFieldsOf(readObject(value, place), place);
  return omitUndefined({
    os: optional('os', readString) ?? '',
    architecture: optional('architecture', readString) ?? '',
    variant: optional('variant', readString),
    'os.version': optional('os.version', readString),
    'os.features': optional('os.features', readStrings),
  });
}

function completePlatform(word: string, host: Platform): Platform {
  const os = normalizeSystem(word);
  if (isKnownSystem(os)) return { os, ...architectureOf(host) };
  const architecture = spelledArchitecture(word, undefined);
  if (isKnownArchitecture(architecture.architecture)) return { os: normalizeSystem(host.os), ...architecture };
  throw ociError('PLATFORM_INVALID', `Cannot read platform ${quote(word)}: it is neither a known system nor a known architecture`);
}

function architectureOf(host: Platform): Architecture {
  return spelledArchitecture(host.architecture, host.variant);
}

/** Normalized, but for what was written out or left out on purpose: `arm64/v8` keeps its variant, `arm` gets none. */
function spelledArchitecture(architecture: string, variant: string | undefined): Architecture {
  const normal = normalizeArchitecture(architecture, variant);
  if (variant === undefined && normal.architecture === 'arm' && normal.variant === 'v7') return { architecture: 'arm' };
  if (variant !== undefined && normal.architecture === 'arm64' && normal.variant === undefined) return { ...normal, variant: 'v8' };
  return normal;
}
