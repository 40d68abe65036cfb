import { fileURLToPath } from 'node:url';
import { isAppError } from '@slipway/base';
import { serve } from '../main.ts';

// What `slipway serve` runs, without the command line: arguments are pairs of `--flag VALUE`.
const flags: Record<string, string | undefined> = {};
const words = process.argv.slice(2);
for (let index = 0; index < words.length; index += 2) flags[(words[index] ?? '').replace(/^--/, '')] = words[index + 1];
try {
  process.exitCode = await serve({ flags, environment: process.env, checkout: fileURLToPath(new URL('../../../..', import.meta.url)) });
} catch (error) {
  process.stderr.write(isAppError(error) ? `${error.code}: ${error.message}\n` : `${String(error)}\n`);
  process.exitCode = 1;
}
