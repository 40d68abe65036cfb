import type { ImageRecord, ImageStore } from '@slipway/engine';
import type { HistoryEntry, ImageConfig } from '@slipway/oci';
import type { ListField } from '../../output/format/render-list.ts';
import { formatSize } from '../../output/size.ts';
import { formatAge } from '../../output/time.ts';
import { shortId } from './familiar-name.ts';
import { formatLocalTime } from './go-time.ts';

export interface HistoryRow {
  /** Only the last step's is known: the image itself. */
  readonly id: string | undefined;
  readonly entry: HistoryEntry;
  readonly sizeBytes: number;
}

const CREATED_BY_WIDTH = 45;

/** The steps an image was made in, the last first. A layer that no step claims, or a step without its layer, has no size. */
export function historyRows(record: ImageRecord, config: ImageConfig, images: Pick<ImageStore, 'layerSizes'>): HistoryRow[] {
  const diffIds = config.rootfs.diff_ids;
  const sizes = images.layerSizes(diffIds);
  const left = [...diffIds];
  const rows = (config.history ?? []).map((entry): HistoryRow => {
    const diffId = entry.empty_layer === true ? undefined : left.shift();
    return { id: undefined, entry, sizeBytes: diffId === undefined ? 0 : (sizes.get(diffId) ?? 0) };
  });
  return rows.toReversed().map((row, index) => (index === 0 ? { ...row, id: record.id } : row));
}

interface HistoryView {
  readonly nowMs: number;
  readonly isTruncated: boolean;
  readonly isHuman: boolean;
}

export function historyFields({ nowMs, isTruncated, isHuman }: HistoryView) {
  const createdBy = ({ entry }: HistoryRow): string => (entry.created_by ?? '').replaceAll('\t', ' ');
  return {
    ID: { heading: 'IMAGE', value: ({ id = '<missing>' }) => (isTruncated && id !== '<missing>' ? shortId(id) : id) },
    CreatedSince: { heading: 'CREATED', value: ({ entry }) => (isDated(entry) ? formatAge(entry.created ?? '', nowMs) : 'N/A') },
    CreatedAt: {
      heading: 'CREATED AT',
      value: ({ entry }) => (isDated(entry) ? formatLocalTime(Date.parse(entry.created ?? '')) : 'N/A'),
    },
    CreatedBy: { heading: 'CREATED BY', value: (row) => (isTruncated ? truncate(createdBy(row)) : createdBy(row)) },
    Size: { heading: 'SIZE', value: ({ sizeBytes }) => (isHuman ? formatSize(sizeBytes) : String(sizeBytes)) },
    Comment: { heading: 'COMMENT', value: ({ entry }) => entry.comment ?? '' },
  } satisfies Record<string, ListField<HistoryRow>>;
}

function isDated({ created }: HistoryEntry): boolean {
  return created !== undefined && !Number.isNaN(Date.parse(created));
}

function truncate(text: string): string {
  const characters = Array.from(text);
  return characters.length <= CREATED_BY_WIDTH ? text : `${characters.slice(0, CREATED_BY_WIDTH - 1).join('')}…`;
}
