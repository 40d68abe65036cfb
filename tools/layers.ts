import { checkAmbientRules } from './layers/ambient-rules.ts';
import { checkCycles } from './layers/cycles.ts';
import { checkDependencyRules } from './layers/dependency-rules.ts';
import { type Monorepo, readMonorepo } from './layers/monorepo.ts';
import { checkPackageRules } from './layers/package-rules.ts';
import { checkPureEntries } from './layers/pure-entries.ts';
import type { Violation } from './layers/violation.ts';

/** Checks the monorepo at `root` against `tools/layers.json`. */
export async function checkLayers(root: string): Promise<Violation[]> {
  return judgeLayers(await readMonorepo(root));
}

export function judgeLayers(monorepo: Monorepo): Violation[] {
  return [
    ...checkPackageRules(monorepo),
    ...checkPureEntries(monorepo),
    ...checkCycles(monorepo),
    ...checkAmbientRules(monorepo),
    ...checkDependencyRules(monorepo),
  ];
}
