import type { ImageRecord, ImageStore } from '@slipway/engine';
import { cliError } from '../../errors.ts';
import type { Filters } from '../../output/format/filters.ts';
import { createdMs, type ListedImage, listAll } from './image-rows.ts';
import { hasLabels } from './label-filter.ts';
import { parseMoment } from './moment.ts';
import { parsePathPattern } from './path-pattern.ts';

export const IMAGE_FILTERS = ['before', 'dangling', 'label', 'reference', 'since', 'until'];

interface FilterContext {
  readonly images: Pick<ImageStore, 'require' | 'readConfig'>;
  readonly nowMs: number;
}

/** The images that filters leave, each with the names they leave. Filters of other names all count, values of `reference` one of them. */
export async function filterImages(
  records: readonly ImageRecord[],
  filters: Filters,
  { images, nowMs }: FilterContext,
): Promise<readonly ListedImage[]> {
  const isDangling = danglingOf(filters);
  const isWithinTime = timeFilter(filters, { images, nowMs });
  const matchesName = referenceFilter(filters);
  const labels = filters.get('label') ?? [];
  const listed: ListedImage[] = [];
  for (const record of records.filter(isWithinTime)) {
    const all = listAll(record);
    const tags = matchesName === undefined ? all.tags : all.tags.filter(({ repository, tag }) => matchesName(repository, `:${tag}`));
    const digests =
      matchesName === undefined ? all.digests : all.digests.filter(({ repository, digest }) => matchesName(repository, `@${digest}`));
    const isNameless = tags.length === 0 && digests.length === 0;
    if (isNameless && (isDangling === false || matchesName !== undefined)) continue;
    if (isDangling === true && tags.length > 0) continue;
    if (labels.length > 0 && !hasLabels((await images.readConfig(record)).config.config?.Labels ?? {}, labels)) continue;
    listed.push({ image: record, tags, digests });
  }
  return listed;
}

/** Undefined when nobody asked. */
function danglingOf(filters: Filters): boolean | undefined {
  const values = filters.get('dangling');
  if (values === undefined) return undefined;
  const [value = ''] = values;
  if (values.length === 1 && ['1', 'true'].includes(value)) return true;
  if (values.length === 1 && ['0', 'false'].includes(value)) return false;
  throw cliError('FILTER_INVALID', `invalid filter 'dangling=[${values.join(' ')}]'`, { hint: 'Use dangling=true or dangling=false.' });
}

function timeFilter(filters: Filters, { images, nowMs }: FilterContext): (record: ImageRecord) => boolean {
  const createdOf = (name: string) => createdMs(images.require(name)) ?? Number.NEGATIVE_INFINITY;
  const before = [...(filters.get('before') ?? []).map(createdOf), ...(filters.get('until') ?? []).map((text) => parseMoment(text, nowMs))];
  const since = (filters.get('since') ?? []).map(createdOf);
  return (record) => {
    const created = createdMs(record) ?? Number.NEGATIVE_INFINITY;
    return before.every((moment) => created < moment) && since.every((moment) => created > moment);
  };
}

/** Docker's FamiliarMatch: a pattern fits the repository's familiar name, or that with what follows it. */
function referenceFilter(filters: Filters): ((repository: string, rest: string) => boolean) | undefined {
  const patterns = filters.get('reference')?.map((pattern) => {
    const match = parsePathPattern(pattern);
    if (match === undefined) throw cliError('FILTER_INVALID', `invalid filter 'reference=${pattern}': syntax error in pattern`);
    return match;
  });
  if (patterns === undefined) return undefined;
  return (repository, rest) => patterns.some((match) => match(repository + rest) || match(repository));
}
