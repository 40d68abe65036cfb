import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProcessContext } from './process-context.ts';

/** `$SLIPWAY_HOME`, else where a user's programs keep their data; root's is the machine's. */
export function slipwayHome({ environment, cwd }: Pick<ProcessContext, 'environment' | 'cwd'>): string {
  const named = environment['SLIPWAY_HOME'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  if (process.getuid?.() === 0) return '/var/lib/slipway';
  return join(userHome(environment), '.local/share/slipway');
}

/** `$DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigFolder({ environment, cwd }: Pick<ProcessContext, 'environment' | 'cwd'>): string {
  const named = environment['DOCKER_CONFIG'];
  return named !== undefined && named !== '' ? resolve(cwd, named) : join(userHome(environment), '.docker');
}

function userHome(environment: ProcessContext['environment']): string {
  const home = environment['HOME'];
  return home !== undefined && home !== '' ? home : homedir();
}
