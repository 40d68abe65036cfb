import type { InspectedImage } from '@slipway/client';
import { type Descriptor, formatPlatform, formatReference, type Reference } from '@slipway/oci';
import { toPrintableLine } from '../../../output/printable.ts';

type Row = readonly [label: string, value: string];

const INDENT = '  ';

/** What `buildx imagetools inspect` prints, byte for byte: its columns are as wide as the widest label of their block, ends of lines included. */
export function renderInspection(reference: Reference, { descriptor, manifest }: InspectedImage): string {
  const head = renderRows([
    ['Name:', formatReference(reference)],
    ['MediaType:', descriptor.mediaType],
    ['Digest:', descriptor.digest],
  ]);
  if (manifest.kind !== 'index') return head;
  const title = renderRows([
    ['', ''],
    ['Manifests:', ''],
  ]);
  return head + title + renderManifests(reference, manifest.manifests);
}

function renderManifests(reference: Reference, manifests: readonly Descriptor[]): string {
  let text = '';
  // A list of annotations ends a block.
  let block: Row[] = [];
  for (const [index, manifest] of manifests.entries()) {
    if (index > 0) block.push(['', '']);
    block.push(...rowsOf(reference, manifest));
    const annotations = manifest.platform === undefined ? [] : Object.entries(manifest.annotations ?? {});
    if (annotations.length === 0) continue;
    block.push([`${INDENT}Annotations:`, '']);
    const sorted = annotations.toSorted(([one], [other]) => (one < other ? -1 : 1));
    text += renderRows(block) + renderRows(sorted.map(([key, value]) => [`${INDENT}${INDENT}${key}:`, value]));
    block = [];
  }
  return text + renderRows(block);
}

function rowsOf({ registry, repository, tag }: Reference, { digest, mediaType, platform, urls = [] }: Descriptor): Row[] {
  const name = formatReference({ registry, repository, ...(tag === undefined ? {} : { tag }), digest });
  const rows: Row[] = [
    [`${INDENT}Name:`, name],
    [`${INDENT}MediaType:`, mediaType],
  ];
  if (platform === undefined) return rows;
  rows.push([`${INDENT}Platform:`, formatPlatform(platform)]);
  const { 'os.version': version, 'os.features': features = [] } = platform;
  if (version !== undefined && version !== '') rows.push([`${INDENT}OSVersion:`, version]);
  if (features.length > 0) rows.push([`${INDENT}OSFeatures:`, features.join(', ')]);
  if (urls.length > 0) rows.push([`${INDENT}URLs:`, urls.join(', ')]);
  return rows;
}

function renderRows(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([label]) => toPrintableLine(label).length)) + 1;
  return rows.map(([label, value]) => `${toPrintableLine(label).padEnd(width)}${toPrintableLine(value)}\n`).join('');
}
