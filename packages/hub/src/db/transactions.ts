import type { Transactions } from '@slipway/storage/db';
import { addAccount, changePassword, removeAccount } from './account-transactions.ts';
import { putRefreshToken, touchRefreshToken } from './refresh-token-transactions.ts';
import { recordEvents, setVisibility } from './repository-transactions.ts';
import type { HubSchema } from './schema.ts';

/** Everything the hub writes. */
export const hubTransactions = {
  'hub.addAccount': addAccount,
  'hub.changePassword': changePassword,
  'hub.removeAccount': removeAccount,
  'hub.putRefreshToken': putRefreshToken,
  'hub.touchRefreshToken': touchRefreshToken,
  'hub.setVisibility': setVisibility,
  'hub.recordEvents': recordEvents,
} as const satisfies Transactions<HubSchema>;

export type HubTransactions = typeof hubTransactions;
