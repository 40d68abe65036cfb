import { type Clock, LruCache } from '@slipway/base';
import { addressBlock } from './client-address.ts';

interface Track {
  failures: number;
  /** When `failures` was true; it shrinks by one every FORGIVE_MS. */
  countedAtMs: number;
  notBeforeMs: number;
}

interface Slope {
  /** Failures that cost nothing: people mistype. */
  readonly free: number;
  readonly maxDelayMs: number;
}

const FIRST_DELAY_MS = 200;
const FORGIVE_MS = 30_000;
const TRUST_MS = 24 * 3600_000;
const MAX_TRACKED = 20_000;
const SOURCE_SLOPE: Slope = { free: 5, maxDelayMs: 15_000 };
const ACCOUNT_SLOPE: Slope = { free: 20, maxDelayMs: 5_000 };

/**
 * Slows guessing without giving anybody the means to lock another out.
 *
 * A *source* is whatever has to wait: an address, or an account at an address from which it logged in before, so that a failing
 * neighbour behind the same NAT is not in its way. After a failure its source waits, twice as long with each failure; when many sources fail
 * at one account, each of them waits longer. A source that did not fail never waits. Memory is bounded: the least recently seen is forgotten.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #sources = new LruCache<string, Track>({ maxWeight: MAX_TRACKED });
  readonly #accounts = new LruCache<string, Track>({ maxWeight: MAX_TRACKED });
  readonly #trusted = new LruCache<string, number>({ maxWeight: MAX_TRACKED });

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  /** The source that an attempt counts for: to serialize attempts by. */
  sourceOf(account: string, address: string): string {
    const block = addressBlock(address);
    const pair = `${account}\n${block}`;
    const trustedUntilMs = this.#trusted.get(pair);
    return trustedUntilMs !== undefined && trustedUntilMs > this.#clock.monotonicMs() ? pair : block;
  }

  /** How long the source has to wait before its next attempt may be looked at. */
  waitMs(source: string): number {
    const track = this.#sources.get(source);
    return track === undefined ? 0 : Math.max(0, track.notBeforeMs - this.#clock.monotonicMs());
  }

  /** Whether the source failed lately. */
  isSuspect(source: string): boolean {
    const track = this.#sources.get(source);
    return track !== undefined && this.#failuresOf(track) > 0;
  }

  recordFailure(account: string, source: string): void {
    const atAccount = this.#count(this.#accounts, account);
    const atSource = this.#count(this.#sources, source);
    const delayMs = Math.max(delayAfter(atSource.failures, SOURCE_SLOPE), delayAfter(atAccount.failures, ACCOUNT_SLOPE));
    atSource.notBeforeMs = this.#clock.monotonicMs() + delayMs;
  }

  /** Forgives nothing, else a guesser would log in as itself between two guesses. */
  recordSuccess(account: string, address: string): void {
    this.#trusted.set(`${account}\n${addressBlock(address)}`, this.#clock.monotonicMs() + TRUST_MS);
  }

  #count(tracks: LruCache<string, Track>, key: string): Track {
    const known = tracks.get(key);
    const failures = known === undefined ? 1 : this.#failuresOf(known) + 1;
    const track = known ?? { failures: 0, countedAtMs: 0, notBeforeMs: 0 };
    track.failures = failures;
    track.countedAtMs = this.#clock.monotonicMs();
    if (known === undefined) tracks.set(key, track);
    return track;
  }

  #failuresOf(track: Track): number {
    return Math.max(0, track.failures - (this.#clock.monotonicMs() - track.countedAtMs) / FORGIVE_MS);
  }
}

function delayAfter(failures: number, slope: Slope): number {
  if (failures <= slope.free) return 0;
  return Math.min(slope.maxDelayMs, FIRST_DELAY_MS * 2 ** (failures - slope.free - 1));
}
