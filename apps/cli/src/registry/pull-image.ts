import { fetchImage, type RegistryClient } from '@slipway/client';
import type { Engine, ImageRecord, ReceiveEvent } from '@slipway/engine';
import { familiarReference, formatReference, type Platform, type Reference, type TagName } from '@slipway/oci';
import type { TransferView } from '../output/progress/transfer-view.ts';
import { shortName, wholeName } from './image-name.ts';
import type { LeftOut } from './left-out.ts';
import { PullProgress } from './pull-progress.ts';
import { asPullError } from './refusals.ts';

export interface PullOptions {
  readonly engine: Engine;
  readonly client: RegistryClient;
  readonly view: TransferView;
  /** Whether the view changes its lines. */
  readonly isLive: boolean;
  readonly platform: Platform;
  /** Told what of the files could not be kept. */
  readonly leftOut: LeftOut;
  readonly signal: AbortSignal;
}

export interface PulledImage {
  readonly record: ImageRecord;
  /** False when the name stood for this very image before. */
  readonly isNew: boolean;
}

/**
 * Brings one image onto this machine under its name, and says so as docker does. What arrived whole before a failure stays for the next try,
 * until it is collected. Errors: REPOSITORY_UNKNOWN, ACCESS_DENIED, MANIFEST_UNKNOWN, PLATFORM_UNKNOWN, those of the network and the engine.
 */
export async function pullImage(reference: Reference, options: PullOptions): Promise<PulledImage> {
  try {
    return await pull(reference, options);
  } catch (error) {
    throw asPullError(error, reference);
  }
}

/** Every tag of a repository, one after the other. */
export async function pullAllTags(reference: Reference, options: PullOptions): Promise<readonly PulledImage[]> {
  const tags: TagName[] = [];
  const pulled: PulledImage[] = [];
  try {
    for await (const tag of options.client.repository(reference).listTags({ signal: options.signal })) tags.push(tag);
  } catch (error) {
    throw asPullError(error, reference);
  }
  for (const tag of tags) pulled.push(await pullImage({ ...reference, tag }, options));
  return pulled;
}

async function pull(reference: Reference, { engine, client, view, isLive, platform, leftOut, signal }: PullOptions): Promise<PulledImage> {
  const { registry, repository, tag, digest } = reference;
  const before = engine.images.find(familiarReference(reference));
  view.say(`${digest === undefined ? tag : formatReference({ registry, repository, digest })}: Pulling from ${repository}`);
  const progress = new PullProgress({ view, isLive });
  const { onEvent: onProgress } = progress;
  const onReceive = (event: ReceiveEvent) => {
    leftOut.onEvent(event);
    onProgress(event);
  };
  await using lease = await engine.leases.open(`pull ${familiarReference(reference)}`);
  await using sink = await engine.receive({ lease, platform, onProgress: onReceive, signal });
  const name = digest ?? tag;
  if (name === undefined) throw new TypeError(`"${shortName(reference)}" has neither tag nor digest`);
  const { descriptor, manifest } = await fetchImage({ source: client.repository(reference), name, sink, platform, onProgress, signal });
  const record = await sink.finish({
    manifest,
    ...(descriptor.digest === manifest.digest ? {} : { target: descriptor }),
    names: digest === undefined ? [reference] : [],
    digests: [{ repository: wholeName(reference), digest: descriptor.digest }],
  });
  progress.finish();
  view.say(`Digest: ${descriptor.digest}`);
  return { record, isNew: before?.id !== record.id };
}
