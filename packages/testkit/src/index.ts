export { TESTKIT_ERRORS } from './errors.ts';
export { expectStatus } from './expect-status.ts';
export { FakeClock } from './fake-clock.ts';
export {
  type BuildImageOptions,
  type BuildIndexOptions,
  blobOf,
  buildImage,
  buildIndex,
  type FixtureBlob,
  type FixtureDescriptor,
  type FixtureImage,
  type FixtureIndex,
  type FixturePlatform,
  type LayerCompression,
  type MediaTypeFamily,
  sha256Of,
} from './fixture-image.ts';
export { freePort } from './free-port.ts';
export { blobsOf, writeOciLayout } from './oci-layout.ts';
export { finishUpload, mountBlob, type PushBlobOptions, type PushWay, pushBlob, sendChunk, startUpload } from './push-blob.ts';
export { randomBlob, randomStream } from './random-blob.ts';
export { createRegistryApi, MANIFEST_TYPES, RegistryApi } from './registry-api.ts';
export {
  type DownloadedBlob,
  RegistryHttp,
  type RegistryHttpOptions,
  type RegistryRequest,
  type RegistryResponse,
} from './registry-http.ts';
export { type SlipwayProcess, type StartSlipwayOptions, startSlipway } from './start-slipway.ts';
export { buildTar, type LayerEntry, type LayerEntryType } from './tar-layer.ts';
export { openTempFolder, type TempFolder, withTempFolder } from './temp-folder.ts';
