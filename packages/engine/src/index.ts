export type { CleanUpOutcome } from './collect/clean-up.ts';
export type { CollectOptions, CollectOutcome } from './collect/collect.ts';
export type { EngineUsage, ImageUsage } from './collect/usage.ts';
export type {
  ContentFile,
  ContentStore,
  CreateFileOptions,
  OpenContentOptions,
  ReadContentOptions,
  WriteContentOptions,
} from './content/content-store.ts';
export { type Engine, type EngineOptions, openEngine } from './engine.ts';
export type { EngineParts } from './engine-parts.ts';
export { ENGINE_ERRORS, type EngineErrorCode } from './errors.ts';
export { type Home, homeAt } from './home.ts';
export { targetNamed } from './images/find-image.ts';
export { familiarName, referenceTo, repositoryOf, shortId } from './images/image-names.ts';
export type { ImageDigest, ImageLayer, ImageName, ImageRecord, ImageUser } from './images/image-record.ts';
export type {
  AddImageOptions,
  ImageStore,
  LayerBlob,
  PruneImagesOptions,
  PruneOutcome,
  RemovalEvent,
  RemoveImageOptions,
} from './images/image-store.ts';
export type { Lease, Leases } from './leases/lease.ts';
export type { LocalContentSource, LocalManifest } from './pack/content-source.ts';
export type { PackOptions } from './pack/pack-image.ts';
export type { FinishOptions, ImageReceiver, ReceiveOptions } from './receive/image-receiver.ts';
export type { OnReceiveEvent, ReceiveEvent } from './receive/receive-event.ts';
export type { SnapshotterChoice } from './snapshots/detect-snapshotter.ts';
export type { Mount, OverlayXattrs } from './snapshots/mount.ts';
export type { ActiveSnapshot, SnapshotChain, SnapshotMedium, SnapshotRef, Snapshotter, SnapshotUsage } from './snapshots/snapshotter.ts';
export type { SqlValue, StateDatabase, StateReader, StateTransaction, WriteOptions } from './state/state-database.ts';
export type { SkippedPart, SkippedParts } from './unpack/unpack-input.ts';
