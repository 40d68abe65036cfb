import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LAUNCHER } from './clients/slipway-client.ts';

/** Milliseconds from the start of `slipway` to its end. */
export async function timeCommand(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  const child = spawn(LAUNCHER, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`slipway ${args.join(' ')} exited with ${code}`);
  return performance.now() - start;
}
