import { defineConfig } from 'vitest/config';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  throw new Error(`Cannot run tests: Node.js ${process.versions.node} is too old. Use npm test, or put node_modules/.bin first in PATH.`);
}

const everywhere = ['**/node_modules/**', '**/.cache/**'];
/** `npm run trials` sets it. */
const isTrials = process.env['SLIPWAY_TRIALS'] !== undefined;

/** unit: in process, quick. integration: starts servers and child processes. e2e: real clients and programs, one file after the other; what can
 * only be long is named `*.trial.test.ts`. */
export default defineConfig({
  test: {
    pool: 'forks',
    passWithNoTests: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps,tools}/**/*.test.ts'],
          exclude: [...everywhere, '**/*.integration.test.ts'],
          testTimeout: 15_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{packages,apps,tools}/**/*.integration.test.ts'],
          exclude: everywhere,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: isTrials ? everywhere : [...everywhere, '**/*.trial.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
