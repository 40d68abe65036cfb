import { fileOf } from './import-target.ts';
import type { Monorepo } from './monorepo.ts';
import type { Violation } from './violation.ts';

/** Import cycles between files, types included: each is reported once, as the way around. */
export function checkCycles(monorepo: Monorepo): Violation[] {
  const violations: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const onTrail = new Set<string>();

  const visit = (path: string): void => {
    if (onTrail.has(path)) {
      const cycle = [...trail.slice(trail.indexOf(path)), path];
      violations.push({ where: path, message: `import cycle: ${cycle.join(' -> ')}` });
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    onTrail.add(path);
    for (const next of targets(monorepo, path)) visit(next);
    onTrail.delete(path);
    trail.pop();
    done.add(path);
  };
  for (const path of monorepo.files.keys()) visit(path);
  return violations;
}

function targets(monorepo: Monorepo, path: string): Set<string> {
  const imports = monorepo.files.get(path)?.imports ?? [];
  return new Set(imports.map((use) => fileOf(use.target)).filter((target) => target !== undefined));
}
