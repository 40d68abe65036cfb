import type { PruneImagesOptions } from '@slipway/engine';
import { parseFilters } from '../../output/format/filters.ts';
import { parseMoment } from './moment.ts';

export const PRUNE_FILTERS_HELP = 'Filters: until=DURATION|DATE, label=KEY[=VALUE], label!=KEY[=VALUE].';

/** What `--filter` of the prune commands leaves. Errors: FILTER_INVALID. */
export function parsePruneFilters(texts: readonly string[], nowMs: number): Omit<PruneImagesOptions, 'all'> {
  const filters = parseFilters(texts, ['label', 'until'], { negatable: ['label'] });
  const moments = (filters.get('until') ?? []).map((text) => parseMoment(text, nowMs));
  return {
    labels: filters.get('label') ?? [],
    withoutLabels: filters.get('label!') ?? [],
    ...(moments.length === 0 ? {} : { untilMs: Math.min(...moments) }),
  };
}
