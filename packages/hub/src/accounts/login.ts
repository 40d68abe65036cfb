import { hash, randomBytes } from 'node:crypto';
import { type Clock, KeyedLock, LruCache, SingleFlight } from '@slipway/base';
import { type Account, findAccountByName, findCredentials } from '../db/reads.ts';
import type { HubDatabase } from '../ports.ts';
import { LoginThrottle } from './login-throttle.ts';
import type { PasswordHasher } from './password-hasher.ts';

export type LoginOutcome =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface LoginAttempt {
  readonly name: string;
  readonly password: string;
  /** The client's address, proxies already resolved. */
  readonly address: string;
}

export interface LoginOptions {
  readonly database: HubDatabase;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

const GOOD_FOR_MS = 60_000;
const MAX_GOOD = 10_000;
/** A shorter wait is sat out on the open request, a longer one is the client's. */
const MAX_HELD_MS = 5_000;
const MAX_WAITING = 256;
const MAX_WAITING_SUSPECTS = 8;

/**
 * Checks account names and passwords. A check that succeeded counts for a minute, under the account's generation, so that
 * clients that send Basic with every request cost one argon2 a minute.
 */
export class Login {
  readonly #options: LoginOptions;
  readonly #throttle: LoginThrottle;
  readonly #key = randomBytes(32).toString('base64');
  /** Keyed digest of account, generation and password -> until when it counts. */
  readonly #good = new LruCache<string, number>({ maxWeight: MAX_GOOD });
  readonly #flights = new SingleFlight<LoginOutcome>();
  readonly #lines = new KeyedLock();
  readonly #waiting = new Map<string, number>();

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#throttle = new LoginThrottle({ clock: options.clock });
  }

  async check(attempt: LoginAttempt): Promise<LoginOutcome> {
    const source = this.#throttle.sourceOf(attempt.name, attempt.address);
    const waitMs = this.#throttle.waitMs(source);
    if (waitMs > MAX_HELD_MS) return throttled(waitMs);
    const account = await findAccountByName(this.#options.database.reader, attempt.name);
    const proof = this.#proofOf(account, attempt);
    // Only a source that need not wait may ask what is remembered: else it could guess here as fast as it can send.
    if (waitMs === 0 && account !== undefined && this.#isGood(account, proof)) return { kind: 'account', account };
    return await this.#flights.run(`${source}\n${proof}`, () => this.#checkInLine(attempt, source));
  }

  /** One attempt of a source at a time: attempts sent side by side wait for what the first one finds. */
  async #checkInLine(attempt: LoginAttempt, source: string): Promise<LoginOutcome> {
    const waiting = this.#waiting.get(source) ?? 0;
    if (waiting >= (this.#throttle.isSuspect(source) ? MAX_WAITING_SUSPECTS : MAX_WAITING)) return throttled(this.#throttle.waitMs(source));
    this.#waiting.set(source, waiting + 1);
    try {
      return await this.#lines.run(source, () => this.#checkNow(attempt, source));
    } finally {
      const left = (this.#waiting.get(source) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(source);
      else this.#waiting.set(source, left);
    }
  }

  async #checkNow(attempt: LoginAttempt, source: string): Promise<LoginOutcome> {
    const { clock, database, hasher } = this.#options;
    const waitMs = this.#throttle.waitMs(source);
    if (waitMs > MAX_HELD_MS) return throttled(waitMs);
    if (waitMs > 0) await clock.sleep(waitMs);
    const credentials = await findCredentials(database.reader, attempt.name);
    const matches = await hasher.verify(credentials?.passwordHash, attempt.password);
    if (credentials === undefined || !matches || credentials.account.disabled) {
      this.#throttle.recordFailure(attempt.name, source);
      return { kind: 'wrong' };
    }
    const { account } = credentials;
    this.#throttle.recordSuccess(attempt.name, attempt.address);
    this.#good.set(this.#proofOf(account, attempt), clock.monotonicMs() + GOOD_FOR_MS);
    return { kind: 'account', account };
  }

  #isGood(account: Account, proof: string): boolean {
    const untilMs = this.#good.get(proof);
    return untilMs !== undefined && untilMs > this.#options.clock.monotonicMs() && !account.disabled;
  }

  /**
   * A digest under a key that never leaves this process: what is kept tells nothing about passwords. Key and account id hold no NUL, so the parts
   * can't run into each other; nobody sees a digest who could extend it. (An HMAC object costs five times as much.)
   */
  #proofOf(account: Account | undefined, attempt: LoginAttempt): string {
    const holder = account === undefined ? `?${attempt.name}` : `${account.id}.${account.generation}`;
    return hash('sha256', `${this.#key}\0${holder}\0${attempt.password}`, 'base64');
  }
}

function throttled(waitMs: number): LoginOutcome {
  return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
}
