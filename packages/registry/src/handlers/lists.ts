import { isRepositoryName, MEDIA_TYPES } from '@slipway/oci';
import { listReferrers, type Referrer } from '../content/referrers.ts';
import { findRepository, listFilledRepositories } from '../content/repositories.ts';
import { listTags } from '../content/tags.ts';
import type { RegistryParts } from '../dependencies.ts';
import { registryError } from '../errors.ts';
import { type Exchange, type RepositoryExchange, sendBytes } from '../http/exchange.ts';
import { formatNextLink, type Page, parsePage } from '../http/page.ts';
import { requireDigest } from './blobs.ts';

const MAX_PAGE = 10_000;

/** How many names a catalog page looks at before it asks what the caller may see. */
const CATALOG_BATCH = 500;

/** Referrers answers stay below what clients read of an index (4 MiB in oras and containerd). */
const MAX_REFERRERS_BYTES = 3 * 1024 * 1024;
const REFERRERS_BATCH = 1000;

const JSON_TYPE = 'application/json';

export function createListHandlers(parts: RegistryParts) {
  const { reader } = parts.database;

  async function tags(exchange: RepositoryExchange): Promise<void> {
    const { name } = exchange;
    const page = parsePage(exchange.query, MAX_PAGE);
    const repository = await findRepository(reader, name);
    if (repository === undefined) throw registryError('NAME_UNKNOWN', `There is no repository "${name}"`, { details: { name } });
    const found = page.limit === 0 ? [] : await listTags(reader, { repositoryId: repository.id, after: page.after, limit: page.limit + 1 });
    const shown = found.slice(0, page.limit);
    sendBytes(exchange, listHeaders(`/v2/${name}/tags/list`, page, found), JSON.stringify({ name, tags: shown }));
  }

  async function catalog(exchange: Exchange): Promise<void> {
    const page = parsePage(exchange.query, MAX_PAGE);
    const found = page.limit === 0 ? [] : await listVisible(exchange, { after: page.after, limit: page.limit + 1 });
    sendBytes(exchange, listHeaders('/v2/_catalog', page, found), JSON.stringify({ repositories: found.slice(0, page.limit) }));
  }

  async function listVisible(exchange: Exchange, page: Page): Promise<string[]> {
    const visible: string[] = [];
    let after = page.after;
    while (visible.length < page.limit) {
      const batch = await listFilledRepositories(reader, { after, limit: CATALOG_BATCH });
      for (const name of batch) {
        if (isRepositoryName(name) && (await exchange.caller.mayList(name))) visible.push(name);
      }
      if (batch.length < CATALOG_BATCH) break;
      after = batch.at(-1) ?? after;
      // Names that the caller may not see cost time: let other requests through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return visible.slice(0, page.limit);
  }

  /** Never 404: an unknown subject has no referrers (specification, "Listing Referrers"). */
  async function referrers(exchange: RepositoryExchange): Promise<void> {
    const { name, query } = exchange;
    const subject = requireDigest(exchange.match.reference);
    const artifactType = query.get('artifactType') ?? undefined;
    const after = query.get('last') ?? '';
    const found = await listReferrers(reader, { name, subject, artifactType, after, limit: REFERRERS_BATCH + 1 });
    const entries = fitting(found.slice(0, REFERRERS_BATCH).map(toDescriptor));
    const last = found[entries.length - 1];
    const hasMore = last !== undefined && entries.length < found.length;
    const next = { last: last?.digest ?? '', ...(artifactType === undefined ? {} : { artifactType }) };
    const body = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: entries };
    const headers = {
      'Content-Type': MEDIA_TYPES.ociIndex,
      ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
      ...(hasMore ? { Link: formatNextLink(`/v2/${name}/referrers/${subject}`, next) } : {}),
    };
    sendBytes(exchange, headers, JSON.stringify(body));
  }

  return { tags, catalog, referrers };
}

/** `found` holds one entry more than the page when the list goes on. */
function listHeaders(path: string, page: Page, found: readonly string[]) {
  const last = found[page.limit - 1];
  const hasMore = found.length > page.limit && last !== undefined;
  return { 'Content-Type': JSON_TYPE, ...(hasMore ? { Link: formatNextLink(path, { n: String(page.limit), last }) } : {}) };
}

function toDescriptor(referrer: Referrer) {
  return {
    mediaType: referrer.mediaType,
    digest: referrer.digest,
    size: referrer.sizeBytes,
    ...(referrer.artifactType === null ? {} : { artifactType: referrer.artifactType }),
    ...(referrer.annotations === null ? {} : { annotations: JSON.parse(referrer.annotations) as Record<string, string> }),
  };
}

/** The first entries that fit a response, one at least. */
function fitting<Entry>(entries: readonly Entry[]): Entry[] {
  let total = 0;
  const end = entries.findIndex((entry, index) => {
    total += JSON.stringify(entry).length;
    return index > 0 && total > MAX_REFERRERS_BYTES;
  });
  return end === -1 ? [...entries] : entries.slice(0, end);
}
