import type { InspectedImage } from '@slipway/client';
import { type Descriptor, formatPlatform, type ImageConfig, type Platform } from '@slipway/oci';
import { toTemplateMap } from '../../../output/format/values.ts';

/** A value whose fields have Go's names in templates, and are spelled as in the specification in JSON. */
export type GoValue = Readonly<Record<string, unknown>>;

/** `fields` for templates; `json` prints the other. */
export function goValue(fields: GoValue, json: unknown): GoValue {
  // Not enumerable: it is no field.
  return Object.defineProperty({ ...fields }, 'toJSON', { value: () => json });
}

export function descriptorValue(descriptor: Descriptor): GoValue {
  const { mediaType, digest, size, urls, annotations, platform, artifactType } = descriptor;
  return goValue(
    {
      MediaType: mediaType,
      Digest: digest,
      Size: size,
      URLs: urls ?? [],
      Annotations: toTemplateMap(annotations),
      Platform: platform === undefined ? null : platformValue(platform),
      ArtifactType: artifactType ?? '',
    },
    descriptor,
  );
}

/** `.Manifest`: a descriptor, for an index with its entries. */
export function manifestValue({ descriptor, manifest }: InspectedImage): GoValue {
  if (manifest.kind !== 'index') return descriptorValue(descriptor);
  const { mediaType, digest, size } = descriptor;
  const annotations = manifest.annotations === undefined ? {} : { annotations: manifest.annotations };
  return goValue(
    {
      SchemaVersion: 2,
      MediaType: mediaType,
      Digest: digest,
      Size: size,
      Manifests: manifest.manifests.map(descriptorValue),
      Annotations: toTemplateMap(manifest.annotations),
    },
    { schemaVersion: 2, mediaType, digest, size, manifests: manifest.manifests, ...annotations },
  );
}

/** One of `.Image`. */
export function imageValue(image: ImageConfig): GoValue {
  const { created = '', author = '', config = {}, rootfs, history = [] } = image;
  const { ExposedPorts, Volumes, Labels, ...rest } = config;
  return goValue(
    {
      ...platformValue(image),
      Created: created,
      Author: author,
      Config: {
        User: '',
        Env: [],
        Entrypoint: [],
        Cmd: [],
        WorkingDir: '',
        StopSignal: '',
        ...rest,
        ExposedPorts: toTemplateMap(ExposedPorts),
        Volumes: toTemplateMap(Volumes),
        Labels: toTemplateMap(Labels),
      },
      RootFS: { Type: rootfs.type, DiffIDs: rootfs.diff_ids },
      History: history.map((entry) =>
        goValue(
          {
            Created: entry.created ?? '',
            CreatedBy: entry.created_by ?? '',
            Author: entry.author ?? '',
            Comment: entry.comment ?? '',
            EmptyLayer: entry.empty_layer ?? false,
          },
          entry,
        ),
      ),
    },
    image,
  );
}

export interface PlatformValue {
  readonly platform: Platform;
  readonly value: unknown;
}

/** What is known of the only platform stands for itself; of several it is a map by platform. */
export function byPlatform(found: readonly PlatformValue[], options: { readonly isOnly: boolean }): unknown {
  if (options.isOnly) return found[0]?.value;
  return new Map(found.map(({ platform, value }) => [formatPlatform(platform), value]));
}

function platformValue(platform: Platform): GoValue {
  return goValue(
    {
      Architecture: platform.architecture,
      OS: platform.os,
      OSVersion: platform['os.version'] ?? '',
      OSFeatures: platform['os.features'] ?? [],
      Variant: platform.variant ?? '',
    },
    platform,
  );
}
