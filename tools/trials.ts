import { randomInt } from 'node:crypto';
import { runProject } from './test-run/run-project.ts';
import { ensureSystemPackages } from './test-run/system-packages.ts';
import { formatTestCounts } from './test-run/test-counts.ts';

// `npm run trials`: the long form of e2e/trials. Repeat a run with SLIPWAY_SEED=<the printed seed>.
const seed = process.env.SLIPWAY_SEED ?? String(randomInt(2 ** 31));
console.log(`Seed: ${seed}`);
await ensureSystemPackages();
const { exitCode, counts } = await runProject('e2e', ['e2e/trials', '--testTimeout=0', '--hookTimeout=0', ...process.argv.slice(2)], {
  SLIPWAY_TRIALS: '1',
  SLIPWAY_SEED: seed,
});
console.log(`Seed: ${seed}`);
console.log(formatTestCounts(counts));
process.exitCode = exitCode === 0 ? 0 : 1;
