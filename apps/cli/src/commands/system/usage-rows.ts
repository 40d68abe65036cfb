import type { EngineUsage, ImageUser } from '@slipway/engine';
import type { ListField } from '../../output/format/render-list.ts';
import { formatSize } from '../../output/size.ts';

/** A row of `system df`. */
export interface UsageRow {
  readonly type: string;
  readonly count: number;
  readonly activeCount: number;
  readonly sizeBytes: number;
  readonly reclaimableBytes: number;
}

export const USAGE_TABLE = 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';

export const USAGE_FIELDS = {
  Type: { heading: 'TYPE', value: ({ type }) => type },
  TotalCount: { heading: 'TOTAL', value: ({ count }) => String(count) },
  Active: { heading: 'ACTIVE', value: ({ activeCount }) => String(activeCount) },
  Size: { heading: 'SIZE', value: ({ sizeBytes }) => formatSize(sizeBytes, 4) },
  Reclaimable: { heading: 'RECLAIMABLE', value: reclaimableOf },
} satisfies Record<string, ListField<UsageRow>>;

/** Docker's four rows. Layers that images share count once. */
export function usageRows({ images, layersBytes, reclaimableBytes }: EngineUsage): UsageRow[] {
  const containers = usersOf(images);
  const nothing = { count: 0, activeCount: 0, sizeBytes: 0, reclaimableBytes: 0 };
  return [
    {
      type: 'Images',
      count: images.length,
      activeCount: images.filter(({ users }) => users.length > 0).length,
      sizeBytes: layersBytes,
      reclaimableBytes,
    },
    { ...nothing, type: 'Containers', count: containers.length, activeCount: containers.filter(({ isRunning }) => isRunning).length },
    { ...nothing, type: 'Local Volumes' },
    { ...nothing, type: 'Build Cache' },
  ];
}

/** Everything that uses an image, each once. */
export function usersOf(images: EngineUsage['images']): ImageUser[] {
  return [...new Map(images.flatMap(({ users }) => users.map((user) => [user.user, user] as const))).values()];
}

function reclaimableOf({ sizeBytes, reclaimableBytes, type }: UsageRow): string {
  const size = formatSize(reclaimableBytes, 4);
  // Docker knows no share of a build cache.
  return sizeBytes === 0 || type === 'Build Cache' ? size : `${size} (${Math.floor((reclaimableBytes * 100) / sizeBytes)}%)`;
}
