import { systemClock } from '@slipway/base/node';
import { type ImageManifest, parseDigest } from '@slipway/oci';
import { createTransferView } from '../../output/progress/create-transfer-view.ts';
import { CollectingStream } from '../../testing/test-terminal.ts';

export const CONFIG = digestOf('c');
export const LOW = digestOf('a');
export const HIGH = digestOf('b');

const manifest: ImageManifest = {
  kind: 'image',
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: CONFIG, size: 2 },
  layers: [LOW, HIGH].map((digest) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 10 })),
};

/** The event with which an image of two layers begins. */
export const MANIFEST_READ = { kind: 'manifest-read', descriptor: manifest.config, manifest } as const;

export function digestOf(digit: string) {
  return parseDigest(`sha256:${digit.repeat(64)}`);
}

export function openPlainView() {
  const output = new CollectingStream();
  return { output, view: createTransferView({ output, clock: systemClock, isTerminal: false }) };
}
