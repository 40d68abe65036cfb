import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type ProgramOptions, type ProgramResult, runProgram } from './peers/program.ts';

/** What people run. */
export const LAUNCHER = fileURLToPath(new URL('../bin/slipway', import.meta.url));

/** `bin/slipway` with a home and credentials of its own. */
export interface SlipwayCommand {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Resolves however it exits. */
  attempt(args: readonly string[], options?: Pick<ProgramOptions, 'input' | 'timeoutMs' | 'cwd'>): Promise<ProgramResult>;
  /** Fails the test unless it exits 0; resolves to its standard output, trimmed. */
  run(...args: string[]): Promise<string>;
}

export function slipwayCommand(folder: string, environment: Readonly<Record<string, string>> = {}): SlipwayCommand {
  const home = join(folder, 'slipway-home');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    SLIPWAY_HOME: home,
    DOCKER_CONFIG: join(folder, 'docker-config'),
    ...environment,
  };
  const attempt: SlipwayCommand['attempt'] = async (args, options = {}) => await runProgram(LAUNCHER, args, { env, ...options });
  return {
    home,
    env,
    attempt,
    async run(...args) {
      const result = await attempt(args);
      expect(result.code, `slipway ${args.join(' ')}: ${result.stderr}${result.stdout}`).toBe(0);
      return result.stdout.trim();
    },
  };
}

/** The digests under which a home keeps blobs, each compared with its bytes; those that lie fail the test. */
export async function checkContent(home: string): Promise<readonly string[]> {
  const root = join(home, 'content/blobs/sha256');
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const digests: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(entry.parentPath, entry.name)), hash);
    expect(hash.digest('hex'), `the content of ${entry.name}`).toBe(entry.name);
    digests.push(`sha256:${entry.name}`);
  }
  return digests;
}
