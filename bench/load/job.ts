import type { RequestTarget } from './request-head.ts';

/** What a load process is told to do: one run against one server. */
export type Job = PullJob | PushJob | ImagesJob;

export interface BlobTarget {
  readonly path: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Downloads all blobs at the same time, each on a connection of its own. */
export interface PullJob extends RequestTarget {
  readonly kind: 'pull';
  readonly blobs: readonly BlobTarget[];
  /** Digest what arrives; for the untimed warm-up. */
  readonly verify: boolean;
}

/** Uploads `streams` new blobs at the same time as docker does: POST, PATCH with an unknown length, PUT. */
export interface PushJob extends RequestTarget {
  readonly kind: 'push';
  readonly repository: string;
  readonly sizeBytes: number;
  readonly streams: number;
  /** Blobs of equal seed have equal content. */
  readonly seed: string;
  /** A folder on the servers' file system in which 1 GiB is written and deleted right before the clock starts. */
  readonly scratch?: string;
}

/** Pushes images of new layers, each worker to a repository and on a connection of its own. */
export interface ImagesJob extends RequestTarget {
  readonly kind: 'images';
  /** One worker each. */
  readonly repositories: readonly string[];
  readonly imagesPerWorker: number;
  readonly seed: string;
}

export interface JobResult {
  /** From the first byte sent to the last answer; connecting and preparing content are not in it. */
  readonly seconds: number;
  /** Bytes or images that were transferred and answered as they should be. */
  readonly amount: number;
  /** The blobs that a push made. */
  readonly blobs: readonly BlobTarget[];
}

/** What a load process sends back. */
export type JobReport = { readonly kind: 'done'; readonly result: JobResult } | { readonly kind: 'failed'; readonly message: string };
