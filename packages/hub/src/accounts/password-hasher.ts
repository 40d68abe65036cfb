import { hash, verify } from '@node-rs/argon2';
import { Semaphore } from '@slipway/base';
import { hubError } from '../errors.ts';

const MIN_CHARACTERS = 8;
const MAX_BYTES = 1024;
/** Each takes 19 MiB and a core: more at once would make every request wait. */
const MAX_AT_ONCE = 2;

/** Throws PASSWORD_INVALID. */
export function checkPasswordRules(password: string): void {
  if (Array.from(password).length < MIN_CHARACTERS) {
    throw hubError('PASSWORD_INVALID', `Cannot use this password: it has fewer than ${MIN_CHARACTERS} characters`);
  }
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw hubError('PASSWORD_INVALID', `Cannot use this password: it is longer than ${MAX_BYTES} bytes`);
  }
}

/** Turns passwords into argon2id hashes and checks them, two at once in this process. */
export interface PasswordHasher {
  /** Resolves to a PHC string. */
  hash(password: string): Promise<string>;
  /** Costs the same when there is no hash to compare with: the time tells nobody which accounts exist. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
}

export async function createPasswordHasher(): Promise<PasswordHasher> {
  const turns = new Semaphore(MAX_AT_ONCE);
  const nobodys = await hash(crypto.randomUUID());
  return {
    hash: (password) => turns.run(() => hash(password)),
    verify: (passwordHash, password) =>
      turns.run(async () => {
        const matches = await verify(passwordHash ?? nobodys, password);
        return matches && passwordHash !== undefined;
      }),
  };
}
