export { type Descriptor, parseDescriptor } from './descriptor.ts';
export { algorithmOf, type Digest, type DigestAlgorithm, hexOf, isDigest, isDigestAlgorithm, parseDigest } from './digest.ts';
export { OCI_ERRORS, type OciErrorCode, ociError } from './errors.ts';
export { type ContainerConfig, type Healthcheck, type HistoryEntry, type ImageConfig, parseImageConfig } from './image-config.ts';
export {
  type ArtifactManifest,
  descriptorsOf,
  effectiveArtifactType,
  type ImageManifest,
  type IndexManifest,
  type ManifestReference,
  type ParsedManifest,
  referencesOf,
} from './manifest.ts';
export { isArtifactManifestType, isForeignLayerType, isImageManifestType, isIndexType, isSchema1Type, MEDIA_TYPES } from './media-types.ts';
export { parseManifest } from './parse-manifest.ts';
export { formatPlatform, normalizePlatform, type Platform, parsePlatform } from './platform.ts';
export { matchPlatform, selectByPlatform } from './platform-match.ts';
export {
  familiarReference,
  formatReference,
  type ParseReferenceOptions,
  parseReference,
  type Reference,
  withDefaultTag,
} from './reference.ts';
export { isRepositoryName, parseRepositoryName, REPOSITORY_NAME_MAX_LENGTH, type RepositoryName } from './repository-name.ts';
export { isTagName, parseTagName, type TagName } from './tag-name.ts';
