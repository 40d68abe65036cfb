import type { NeedsParentReason } from './unpack-input.ts';

/** Thrown within an unpacking `alone` that turns out to depend on the layers below; becomes its outcome. */
export class NeedsParent extends Error {
  readonly reason: NeedsParentReason;
  readonly path: string;

  constructor(reason: NeedsParentReason, path: Uint8Array) {
    super(`${reason}: ${Buffer.from(path).toString()}`);
    this.name = 'NeedsParent';
    this.reason = reason;
    this.path = Buffer.from(path).toString();
  }
}
