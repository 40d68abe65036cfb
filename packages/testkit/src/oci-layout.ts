import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FixtureBlob, FixtureImage, FixtureIndex } from './fixture-image.ts';

/** Writes an OCI image layout (image-spec, image-layout.md) that holds the image or index under `tag`. Replaces the layout's index.json. */
export async function writeOciLayout(folder: string, content: FixtureImage | FixtureIndex, tag: string): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  for (const blob of blobsOf(content)) {
    await writeFile(join(folder, 'blobs', blob.descriptor.digest.replace(':', '/')), blob.bytes);
  }
  const manifests = [{ ...content.manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } }];
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

/** Every blob and manifest of the image or index, what is referenced before what refers to it. */
export function blobsOf(content: FixtureImage | FixtureIndex): FixtureBlob[] {
  if ('children' in content) return [...content.children.flatMap(blobsOf), content.manifest];
  return [...content.layers, content.config, content.manifest];
}
