import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@slipway/base';
import { prepared } from '@slipway/storage/db';
import { type Account, findAccountById } from '../db/reads.ts';
import type { HubSchema } from '../db/schema.ts';
import type { HubDatabase } from '../ports.ts';

/** Long-lived secrets that stand for a login: what `docker login` keeps in place of the password. */
export interface RefreshTokens {
  /** Resolves to the token, which is stored nowhere. */
  issue(account: Account, clientId: string): Promise<string>;
  /** The account it stands for; undefined when it is unknown, was unused for too long, or the account's generation was raised since. */
  redeem(token: string): Promise<Account | undefined>;
}

/** Makes leaked tokens recognizable to secret scanners. */
const PREFIX = 'slipway_rt_';
const UNUSED_MS = 180 * 24 * 3600_000;
/** Last use is known to the hour: not every request needs to write. */
const TOUCH_AFTER_MS = 3600_000;
const MAX_CLIENT_ID = 100;

const tokenByDigest = prepared<HubSchema, { digest: string }>()((db, parameter) =>
  db.selectFrom('hub_refresh_tokens').select(['account_id', 'generation', 'last_used_at']).where('token_digest', '=', parameter('digest')),
);

export function createRefreshTokens({ database, clock }: { readonly database: HubDatabase; readonly clock: Clock }): RefreshTokens {
  return {
    async issue(account, clientId) {
      const token = PREFIX + randomBytes(32).toString('base64url');
      const nowMs = clock.now();
      await database.write('hub.putRefreshToken', {
        tokenDigest: digestOf(token),
        accountId: account.id,
        generation: account.generation,
        clientId: clientId.slice(0, MAX_CLIENT_ID),
        nowMs,
        unusedSinceMs: nowMs - UNUSED_MS,
      });
      return token;
    },
    async redeem(token) {
      const tokenDigest = digestOf(token);
      const row = (await tokenByDigest(database.reader, { digest: tokenDigest }))[0];
      const nowMs = clock.now();
      if (row === undefined || nowMs - row.last_used_at > UNUSED_MS) return undefined;
      const account = await findAccountById(database.reader, row.account_id);
      if (account === undefined || account.disabled || account.generation !== row.generation) return undefined;
      if (nowMs - row.last_used_at > TOUCH_AFTER_MS) await database.write('hub.touchRefreshToken', { tokenDigest, nowMs });
      return account;
    },
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
