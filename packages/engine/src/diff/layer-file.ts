import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Digest } from '@slipway/oci';
import { createDigester } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import { createIsalDeflater, type IsalDeflater } from '../system/isal-deflater.ts';

export interface PackedFile {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A layer's gzip file being written by ISA-L, synchronously. Where that is not installed there is no such thing: see `hasIsalDeflater`. */
export class LayerFile {
  readonly #fd: number;
  readonly #deflater: IsalDeflater;
  readonly #digester = createDigester();
  #sizeBytes = 0;
  #isOpen = true;

  constructor(path: string, level: number) {
    const deflater = createIsalDeflater(level);
    if (deflater === undefined) throw engineError('WORKER_FAILED', 'Cannot compress the layer: ISA-L is gone');
    this.#deflater = deflater;
    this.#fd = openSync(path, 'w', 0o600);
  }

  write(tar: Uint8Array): void {
    this.#deflater.write(tar, this.#keep);
  }

  /** Closes the file, forced to disk. */
  finish(): PackedFile {
    this.#deflater.end(this.#keep);
    fsyncSync(this.#fd);
    this.close();
    return { digest: this.#digester.digest(), sizeBytes: this.#sizeBytes };
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  readonly #keep = (packed: Buffer): void => {
    this.#digester.update(packed);
    this.#sizeBytes += packed.length;
    for (let at = 0; at < packed.length; ) at += writeSync(this.#fd, packed, at);
  };
}
