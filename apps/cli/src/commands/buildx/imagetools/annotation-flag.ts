import type { DescriptorAnnotation } from '@slipway/client';
import { parsePlatform } from '@slipway/oci';
import { cliError } from '../../../errors.ts';

export interface IndexAnnotations {
  /** Of the index itself. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly descriptorAnnotations: readonly DescriptorAnnotation[];
}

const ANNOTATION = /^(?:(?<type>[a-z-]+)(?:\[(?<platform>[^\]]+)\])?:)?(?<key>[^=:]+)=(?<value>.*)$/s;

/** Reads `[index|manifest-descriptor[PLATFORM]:]KEY=VALUE`. Throws USAGE in buildx' words, PLATFORM_INVALID. */
export function parseAnnotations(texts: readonly string[]): IndexAnnotations {
  const annotations: Record<string, string> = {};
  const descriptorAnnotations: DescriptorAnnotation[] = [];
  for (const text of texts) {
    const { type = 'index', platform, key, value } = ANNOTATION.exec(text)?.groups ?? {};
    if (key === undefined || value === undefined) throw cliError('USAGE', `invalid annotation "${text}", expected key=value`);
    switch (type) {
      case 'index':
        annotations[key] = value;
        break;
      case 'manifest-descriptor':
        descriptorAnnotations.push({ key, value, ...(platform === undefined ? {} : { platform: parsePlatform(platform) }) });
        break;
      case 'manifest':
        throw cliError('USAGE', '"manifest" annotations are not supported yet', {
          hint: 'A manifest cannot be changed: its digest would.',
        });
      case 'index-descriptor':
        throw cliError('USAGE', '"index-descriptor" annotations are invalid while creating an image index');
      default:
        throw cliError('USAGE', `unknown annotation type "${type}"`);
    }
  }
  return { annotations, descriptorAnnotations };
}
