export { type Challenge, parseChallenges } from './auth/challenge.ts';
export { createRegistryClient, RegistryClient, type RegistryClientOptions } from './client.ts';
export type { Credential, CredentialSource } from './credentials/credential.ts';
export type { ProgramResult, RunProgram } from './credentials/credential-helper.ts';
export { type CredentialStore, type CredentialStoreOptions, createCredentialStore } from './credentials/credential-store.ts';
export type { LoginOptions } from './credentials/login.ts';
export { keyOfRegistry } from './credentials/registry-key.ts';
export { CLIENT_ERRORS, type ClientErrorCode } from './errors.ts';
export { type ClientLimits, DEFAULT_LIMITS } from './http/limits.ts';
export type { Environment } from './http/proxy.ts';
export {
  type ComposedIndex,
  type ComposeIndexOptions,
  composeIndex,
  type DescriptorAnnotation,
  type IndexSource,
  type PushIndexOptions,
  pushIndex,
} from './imagetools/create-index.ts';
export { type InspectedImage, inspectImage, readImageConfig } from './imagetools/inspect-image.ts';
export { type Endpoint, type EndpointOptions, resolveEndpoints } from './names/endpoints.ts';
export { type Mirrors, parseMirrors, readMirrors } from './names/mirrors.ts';
export type { OpenContent } from './repository/blob-upload.ts';
export type { OpenBlobOptions } from './repository/download.ts';
export type { CallOptions, ManifestContent, ManifestName, PushedManifest, PushManifestOptions } from './repository/manifests.ts';
export type { PushBlobOptions, PushBlobOutcome } from './repository/push-blob.ts';
export type { ListReferrersOptions } from './repository/referrers.ts';
export type { Repository } from './repository/repository.ts';
export { choosePlatform } from './transfer/choose-platform.ts';
export type { ContentSink, ContentSource } from './transfer/content.ts';
export { type CopyImageOptions, type CopyOptions, copyAllTags, copyImage } from './transfer/copy-image.ts';
export { type FetchedImage, type FetchImageOptions, fetchImage } from './transfer/fetch-image.ts';
export type { PushOptions, PushSource } from './transfer/image-push.ts';
export type { OnTransferEvent, TransferEvent } from './transfer/progress.ts';
export { type PushAllTagsOptions, type PushImageOptions, pushAllTags, pushImage } from './transfer/push-image.ts';
export { SharedTransfers } from './transfer/shared-transfers.ts';
