import type { Monorepo } from './monorepo.ts';
import { isTestSupport } from './source-file.ts';
import type { Violation } from './violation.ts';

const INSTEAD: Readonly<Record<string, string>> = {
  console: 'take a Logger',
  'process.env': 'take the value as an option; only apps read the environment',
  'Date.now': 'take a Clock',
  'new Date()': 'take a Clock',
  fetch: 'take a port, or use node:http',
};

/** Domain code takes environment, console, clock and network as arguments. `node` folders hold the real ones. */
export function checkAmbientRules(monorepo: Monorepo): Violation[] {
  return [...monorepo.files.values()]
    .filter(({ path }) => path.startsWith('packages/') && !path.includes('/node/') && !isTestSupport(path))
    .flatMap(({ path, ambientUses }) =>
      ambientUses.map(({ name, line }) => ({ where: `${path}:${line}`, message: `uses ${name} in domain code: ${INSTEAD[name]}` })),
    );
}
