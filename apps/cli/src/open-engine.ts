import { type Engine, openEngine } from '@slipway/engine';
import type { ProcessContext } from './process-context.ts';
import { slipwayHome } from './slipway-home.ts';

/** The worker's file lies beside this one: in the sources as TypeScript, in `dist/` as an entry of the bundle. */
const worker = new URL(import.meta.url.endsWith('.ts') ? './snapshot-worker.ts' : './snapshot-worker.js', import.meta.url);

export async function openLocalEngine(context: Pick<ProcessContext, 'environment' | 'cwd' | 'clock'>): Promise<Engine> {
  return await openEngine({
    home: slipwayHome(context),
    clock: context.clock,
    searchPath: context.environment['PATH'] ?? '',
    worker,
  });
}
