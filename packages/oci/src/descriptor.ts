import { type Digest, isDigest } from './digest.ts';
import {
  at,
  fieldOf,
  mismatch,
  optionalFieldsOf,
  type Place,
  readCount,
  readObject,
  readString,
  readStringMap,
  readStrings,
} from './internal/json-fields.ts';
import { omitUndefined } from './internal/omit-undefined.ts';
import { type Platform, readPlatform } from './platform.ts';

/** Names content by type, digest and size (image-spec "descriptor"), spelled as in JSON. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Of the content, in bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself in base64: of the declared size, not compared with the digest here. */
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

const MEDIA_TYPE_MAX_LENGTH = 255;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/** Reads a descriptor out of parsed JSON; `where` names it in messages. Unknown fields are dropped. Errors: DESCRIPTOR_INVALID (invalid). */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  return readDescriptor(value, { code: 'DESCRIPTOR_INVALID', path: where });
}

/** As `parseDescriptor`, with the code of the document around it. */
export function readDescriptor(value: unknown, place: Place): Descriptor {
  const object = readObject(value, place);
  const optional = optionalFieldsOf(object, place);
  const descriptor = omitUndefined({
    mediaType: readMediaType(fieldOf(object, 'mediaType'), at(place, 'mediaType')),
    digest: readDigest(fieldOf(object, 'digest'), at(place, 'digest')),
    size: readCount(fieldOf(object, 'size'), at(place, 'size')),
    urls: optional('urls', readStrings),
    annotations: optional('annotations', readStringMap),
    data: optional('data', readBase64),
    platform: optional('platform', readPlatform),
    artifactType: optional('artifactType', readString),
  });
  if (descriptor.data !== undefined && sizeOfBase64(descriptor.data) !== descriptor.size) {
    throw mismatch(descriptor.size, at(place, 'size'), `the ${sizeOfBase64(descriptor.data)} bytes that "data" holds`);
  }
  return descriptor;
}

/** Any media type will do, within reason: configs, layers and artifacts choose their own. */
export function readMediaType(value: unknown, place: Place): string {
  const text = readString(value, place);
  if (text === '' || text.length > MEDIA_TYPE_MAX_LENGTH || hasControlCharacter(text)) throw mismatch(text, place, 'a media type');
  return text;
}

export function readDigest(value: unknown, place: Place): Digest {
  const text = readString(value, place);
  if (!isDigest(text)) throw mismatch(text, place, 'a sha256 or sha512 digest');
  return text;
}

function readBase64(value: unknown, place: Place): string {
  const text = readString(value, place);
  if (text.length % 4 !== 0 || NOT_BASE64.test(text.replace(/={1,2}$/, ''))) throw mismatch(text, place, 'base64');
  return text;
}

function sizeOfBase64(text: string): number {
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));
  return (text.length / 4) * 3 - padding;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
