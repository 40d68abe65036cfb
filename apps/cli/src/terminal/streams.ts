import type { Readable, Writable } from 'node:stream';

/** What a person types, or what is piped in. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** Where output goes. */
export type OutputStream = Writable & { readonly isTTY?: boolean };
