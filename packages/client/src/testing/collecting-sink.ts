import { buffer } from 'node:stream/consumers';
import type { ContentSink } from '../transfer/content.ts';

export interface CollectingSink extends ContentSink {
  readonly contents: Map<string, Buffer>;
  /** Digests in the order they were written. */
  readonly writes: string[];
}

/** A sink in memory. */
export function collectingSink(): CollectingSink {
  const contents = new Map<string, Buffer>();
  const writes: string[] = [];
  return {
    contents,
    writes,
    async has({ digest }) {
      return contents.has(digest);
    },
    async write({ digest }, content) {
      writes.push(digest);
      contents.set(digest, await buffer(content));
    },
    async readManifest({ digest }) {
      return contents.get(digest);
    },
  };
}
