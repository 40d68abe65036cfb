import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { type CannedReply, type SeenRequest, startFakeApi } from './fake-api.ts';
import { type Outcome, type RunOptions, runSlipway } from './run-slipway.ts';

export interface HubOutcome extends Outcome {
  readonly seen: readonly SeenRequest[];
}

/** Runs a command line as the owner of a data folder, on whose socket a fake hub gives these answers one after the other. */
export async function runWithFakeHub(
  words: readonly string[],
  replies: readonly CannedReply[],
  options: RunOptions = {},
): Promise<HubOutcome> {
  return await withTempFolder(async (data) => {
    const left = [...replies];
    await using api = await startFakeApi({ socket: join(data, 'admin.sock') }, () => left.shift());
    const outcome = await runSlipway(words, { ...options, environment: { SLIPWAY_DATA: data, ...options.environment } });
    return { ...outcome, seen: api.seen };
  });
}
