import { readDigest } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { parseJsonDocument } from './internal/json-document.ts';
import {
  at,
  fieldOf,
  mismatch,
  optionalFieldsOf,
  type Place,
  readBoolean,
  readCount,
  readInteger,
  readList,
  readObject,
  readString,
  readStringMap,
  readStrings,
} from './internal/json-fields.ts';
import { omitUndefined } from './internal/omit-undefined.ts';
import { readPlatform } from './platform.ts';

/** How to tell whether a container is well (Docker's field, kept under OCI media types). Durations are nanoseconds; 0 or absent inherits. */
export interface Healthcheck {
  /** `[]` inherits, `['NONE']` disables, `['CMD', …]` runs, `['CMD-SHELL', line]` runs in the image's shell. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** How a container of the image runs, spelled as in JSON. */
export interface ContainerConfig {
  readonly User?: string;
  /** Keys are `80/tcp`. */
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** In seconds; -1 waits for ever. */
  readonly StopTimeout?: number;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** An image's config (image-spec "image configuration" with Docker's additions), spelled as in JSON, so that it can be written back. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  /** Empty when the config says none. */
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly config?: ContainerConfig;
  /** `diff_ids` are the digests of the uncompressed layers, the lowest first. */
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

const ROOT: Place = { code: 'IMAGE_CONFIG_INVALID', path: '' };

/** Reads an image config blob; unknown fields are dropped, `null` is absent. Errors: IMAGE_CONFIG_INVALID (invalid). */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const document = parseJsonDocument(bytes, ROOT.code);
  const optional = optionalFieldsOf(document, ROOT);
  return {
    ...omitUndefined({
      created: optional('created', readString),
      author: optional('author', readString),
    }),
    ...readPlatform(document, ROOT),
    ...omitUndefined({
      config: optional('config', readContainerConfig),
      rootfs: readRootfs(fieldOf(document, 'rootfs'), at(ROOT, 'rootfs')),
      history: optional('history', (value, place) => readList(value, place, readHistoryEntry)),
    }),
  };
}

function readRootfs(value: unknown, place: Place): ImageConfig['rootfs'] {
  const object = readObject(value, place);
  const type = fieldOf(object, 'type');
  if (type !== 'layers') throw mismatch(type, at(place, 'type'), '"layers"');
  return { type, diff_ids: readList(fieldOf(object, 'diff_ids'), at(place, 'diff_ids'), readDigest) };
}

function readContainerConfig(value: unknown, place: Place): ContainerConfig {
  const optional = optionalFieldsOf(readObject(value, place), place);
  return omitUndefined({
    User: optional('User', readString),
    ExposedPorts: optional('ExposedPorts', readSet),
    Env: optional('Env', readStrings),
    Entrypoint: optional('Entrypoint', readWords),
    Cmd: optional('Cmd', readWords),
    Volumes: optional('Volumes', readSet),
    WorkingDir: optional('WorkingDir', readString),
    Labels: optional('Labels', readStringMap),
    StopSignal: optional('StopSignal', readString),
    StopTimeout: optional('StopTimeout', readInteger),
    ArgsEscaped: optional('ArgsEscaped', readBoolean),
    Healthcheck: optional('Healthcheck', readHealthcheck),
    OnBuild: optional('OnBuild', readStrings),
    Shell: optional('Shell', readWords),
  });
}

function readHealthcheck(value: unknown, place: Place): Healthcheck {
  const optional = optionalFieldsOf(readObject(value, place), place);
  return omitUndefined({
    Test: optional('Test', readStrings),
    Interval: optional('Interval', readCount),
    Timeout: optional('Timeout', readCount),
    StartPeriod: optional('StartPeriod', readCount),
    StartInterval: optional('StartInterval', readCount),
    Retries: optional('Retries', readCount),
  });
}

function readHistoryEntry(value: unknown, place: Place): HistoryEntry {
  const optional = optionalFieldsOf(readObject(value, place), place);
  return omitUndefined({
    created: optional('created', readString),
    created_by: optional('created_by', readString),
    author: optional('author', readString),
    comment: optional('comment', readString),
    empty_layer: optional('empty_layer', readBoolean),
  });
}

/** Images of before Docker 1.10 have a single string where a list belongs. */
function readWords(value: unknown, place: Place): string[] {
  return typeof value === 'string' ? [value] : readStrings(value, place);
}

/** A Go set: an object whose values are empty objects, or `null` in images that other builders made. */
function readSet(value: unknown, place: Place): Record<string, Record<string, never>> {
  return Object.fromEntries(Object.keys(readObject(value, place)).map((key) => [key, {}]));
}
