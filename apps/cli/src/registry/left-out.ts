import type { OnReceiveEvent, SkippedPart } from '@slipway/engine';

const WORDS: Readonly<Record<SkippedPart['what'], string>> = {
  owner: 'files that belong to somebody else became your own',
  device: 'devices were left out',
  xattr: 'extended attributes were left out',
};

/** Collects what this user, kernel or filesystem does not allow of an image's files, to be said once, not for each layer. */
export class LeftOut {
  readonly #examples = new Map<SkippedPart['what'], SkippedPart>();
  #count = 0;

  readonly onEvent: OnReceiveEvent = (event) => {
    if (event.kind !== 'unpack-skipped') return;
    this.#count += event.skipped.count;
    for (const part of event.skipped.examples) if (!this.#examples.has(part.what)) this.#examples.set(part.what, part);
  };

  /** A line for stderr; empty when the files are as the image has them. */
  warning(): string {
    if (this.#count === 0) return '';
    const parts = [...this.#examples.values()].map(({ what, path, reason }) => `${WORDS[what]} (${JSON.stringify(path)}: ${reason})`);
    const cure = this.#examples.has('owner') ? '; `slipway doctor` says how to keep owners' : '';
    return `WARNING: ${this.#count} ${this.#count === 1 ? 'thing' : 'things'} of the unpacked files could not be kept: ${parts.join('; ')}${cure}\n`;
  }
}
