import { type InspectedImage, inspectImage, type Repository, readImageConfig } from '@slipway/client';
import { type Descriptor, type ImageConfig, isImageManifestType, type Platform } from '@slipway/oci';
import { cliError } from '../../../errors.ts';

/** What one platform of an image has besides its manifest. */
export interface ImageDetails {
  readonly platform: Platform;
  readonly image: ImageConfig;
  /** Predicates by type, from the attestation manifest that belongs to the image. */
  readonly predicates: readonly Predicate[];
}

export interface Predicate {
  readonly type: string;
  readonly predicate: unknown;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';
const IN_TOTO = 'application/vnd.in-toto+json';
const MAX_STATEMENT_BYTES = 64 * 1024 * 1024;

/** The config of each platform's image and what is attested of it. Errors: those of the registry; MANIFEST_INVALID and the like. */
export async function readDetails(repository: Repository, top: InspectedImage, options: CallOptions): Promise<readonly ImageDetails[]> {
  if (top.manifest.kind !== 'index') {
    const image = await readConfig(repository, top, options);
    return image === undefined ? [] : [{ platform: image, image, predicates: [] }];
  }
  const details: ImageDetails[] = [];
  const { manifests } = top.manifest;
  for (const child of manifests.filter(isRunnable)) {
    const image = await readConfig(repository, await inspectImage(repository, child.digest, options), options);
    if (image === undefined) continue;
    const attestation = manifests.find(({ annotations }) => annotations?.[REFERENCE_DIGEST] === child.digest);
    const predicates = attestation === undefined ? [] : await readPredicates(repository, attestation, options);
    details.push({ platform: child.platform ?? image, image, predicates });
  }
  return details;
}

function isRunnable({ mediaType, annotations }: Descriptor): boolean {
  return isImageManifestType(mediaType) && annotations?.[REFERENCE_TYPE] === undefined;
}

async function readConfig(repository: Repository, { bytes, descriptor }: InspectedImage, options: CallOptions) {
  return await readImageConfig(repository, { bytes, mediaType: descriptor.mediaType }, options);
}

async function readPredicates(repository: Repository, attestation: Descriptor, options: CallOptions): Promise<Predicate[]> {
  const { manifest } = await inspectImage(repository, attestation.digest, options);
  if (manifest.kind !== 'image') return [];
  const predicates: Predicate[] = [];
  for (const layer of manifest.layers.filter(({ mediaType }) => mediaType === IN_TOTO)) {
    const type = layer.annotations?.[PREDICATE_TYPE];
    if (type !== undefined) predicates.push({ type, predicate: await readPredicate(repository, layer, options) });
  }
  return predicates;
}

async function readPredicate(repository: Repository, layer: Descriptor, options: CallOptions): Promise<unknown> {
  if (layer.size > MAX_STATEMENT_BYTES) {
    throw cliError('ATTESTATION_INVALID', `Cannot read attestation ${layer.digest}: it has ${layer.size} bytes`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await repository.openBlob(layer, options)) chunks.push(chunk as Buffer);
  try {
    const statement: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'predicate') : undefined;
  } catch (error) {
    throw cliError('ATTESTATION_INVALID', `Cannot read attestation ${layer.digest}: it is not JSON`, { cause: error });
  }
}
