import type { EngineUsage, ImageUsage } from '@slipway/engine';
import { type ListField, renderList } from '../../output/format/render-list.ts';
import { formatSize } from '../../output/size.ts';
import { renderTable } from '../../output/table.ts';
import { type ImageRow, imageFields, listAll, rowsOf } from '../image/image-rows.ts';

const IMAGE_TABLE =
  'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const CONTAINER_HEADINGS = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES'];
const VOLUME_HEADINGS = ['VOLUME NAME', 'LINKS', 'SIZE'];
const CACHE_HEADINGS = ['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED'];

type UsedImageRow = ImageRow & { readonly usage: ImageUsage };

/** `system df -v`: docker's sections, then what it has not. */
export function renderVerboseUsage(usage: EngineUsage, nowMs: number): string {
  const images = renderList({ rows: imageRows(usage), fields: fieldsOf(nowMs, true), table: IMAGE_TABLE });
  return [
    `Images space usage:\n\n${images}`,
    `Containers space usage:\n\n${renderTable(CONTAINER_HEADINGS, [])}`,
    `Local Volumes space usage:\n\n${renderTable(VOLUME_HEADINGS, [])}`,
    `Build cache usage: 0B\n\n${renderTable(CACHE_HEADINGS, [])}`,
    `Packed content: ${usage.contentCount} files, ${formatSize(usage.contentBytes, 4)}\n`,
  ].join('\n');
}

/** What templates of `system df -v` see. */
export function verboseUsageDocument(usage: EngineUsage, nowMs: number) {
  const fields = Object.entries(fieldsOf(nowMs, false));
  const Images = imageRows(usage).map((row) => Object.fromEntries(fields.map(([name, { value }]) => [name, value(row)])));
  return { Images, Containers: [], Volumes: [], BuildCache: [] };
}

/** An image is listed once, under its first name. */
function imageRows({ images }: EngineUsage): UsedImageRow[] {
  return images.flatMap((usage) =>
    rowsOf(listAll(usage.image), { showDigests: false })
      .slice(0, 1)
      .map((row) => ({ ...row, usage })),
  );
}

function fieldsOf(nowMs: number, isTruncated: boolean): Readonly<Record<string, ListField<UsedImageRow>>> {
  return {
    ...imageFields({ nowMs, isTruncated }),
    SharedSize: { heading: 'SHARED SIZE', value: ({ usage }) => formatSize(usage.sharedBytes, 4) },
    UniqueSize: { heading: 'UNIQUE SIZE', value: ({ usage }) => formatSize(usage.uniqueBytes, 4) },
    Containers: { heading: 'CONTAINERS', value: ({ usage }) => String(usage.users.length) },
  };
}
