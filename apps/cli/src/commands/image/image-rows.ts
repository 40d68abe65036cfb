import type { ImageRecord } from '@slipway/engine';
import type { ListField } from '../../output/format/render-list.ts';
import { formatSize } from '../../output/size.ts';
import { formatAge } from '../../output/time.ts';
import { familiarRepository, shortId } from './familiar-name.ts';
import { formatGoTime } from './go-time.ts';

/** A row of `images`: an image under one of its names. */
export interface ImageRow {
  readonly image: ImageRecord;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/** An image, and those of its names and digests that are listed, familiar. */
export interface ListedImage {
  readonly image: ImageRecord;
  readonly tags: readonly { readonly repository: string; readonly tag: string }[];
  readonly digests: readonly { readonly repository: string; readonly digest: string }[];
}

const NONE = '<none>';

/** All names of an image, as lists show them. */
export function listAll(image: ImageRecord): ListedImage {
  const familiar = <Name extends { readonly repository: string }>(name: Name): Name => ({
    ...name,
    repository: familiarRepository(name.repository),
  });
  return { image, tags: image.names.map(familiar), digests: image.digests.map(familiar) };
}

/** A row a tag, or a row a tag and digest; then digests of repositories without a tag. Docker's order of things. */
export function rowsOf({ image, tags, digests }: ListedImage, { showDigests }: { readonly showDigests: boolean }): ImageRow[] {
  if (tags.length === 0 && digests.length === 0) return [{ image, repository: NONE, tag: NONE, digest: NONE }];
  const tagged = tags.flatMap(({ repository, tag }) => {
    const own = showDigests ? digests.filter((digest) => digest.repository === repository) : [];
    return own.length === 0 ? [{ image, repository, tag, digest: NONE }] : own.map(({ digest }) => ({ image, repository, tag, digest }));
  });
  const rest = digests.filter(({ repository }) => !tags.some((name) => name.repository === repository));
  if (showDigests) return [...tagged, ...rest.map(({ repository, digest }) => ({ image, repository, tag: NONE, digest }))];
  const repositories = [...new Set(rest.map(({ repository }) => repository))];
  return [...tagged, ...repositories.map((repository) => ({ image, repository, tag: NONE, digest: NONE }))];
}

/** The columns of image lists. `system df -v` knows the sizes that `images` does not. */
export function imageFields({ nowMs, isTruncated }: { readonly nowMs: number; readonly isTruncated: boolean }) {
  const notKnown: ListField<ImageRow>['value'] = () => 'N/A';
  return {
    ID: { heading: 'IMAGE ID', value: ({ image }) => (isTruncated ? shortId(image.id) : image.id) },
    Repository: { heading: 'REPOSITORY', value: ({ repository }) => repository },
    Tag: { heading: 'TAG', value: ({ tag }) => tag },
    Digest: { heading: 'DIGEST', value: ({ digest }) => digest },
    CreatedSince: { heading: 'CREATED', value: ({ image }) => ageOf(image, nowMs) },
    CreatedAt: { heading: 'CREATED AT', value: ({ image }) => createdAtOf(image) },
    Size: { heading: 'SIZE', value: ({ image }) => formatSize(image.sizeBytes) },
    Containers: { heading: 'CONTAINERS', value: notKnown },
    VirtualSize: { heading: 'SIZE', value: ({ image }) => formatSize(image.sizeBytes, 4) },
    SharedSize: { heading: 'SHARED SIZE', value: notKnown },
    UniqueSize: { heading: 'UNIQUE SIZE', value: notKnown },
  } satisfies Record<string, ListField<ImageRow>>;
}

/** Milliseconds, or undefined when the image does not say. */
export function createdMs({ createdAt }: Pick<ImageRecord, 'createdAt'>): number | undefined {
  const ms = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
  return Number.isNaN(ms) ? undefined : ms;
}

function ageOf(image: ImageRecord, nowMs: number): string {
  return createdMs(image) === undefined ? 'N/A' : formatAge(image.createdAt ?? null, nowMs);
}

function createdAtOf(image: ImageRecord): string {
  const ms = createdMs(image);
  return ms === undefined ? 'N/A' : formatGoTime(ms);
}
