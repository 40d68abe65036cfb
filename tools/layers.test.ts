import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMonorepo } from './layers/monorepo.ts';
import { parseSourceFile } from './layers/source-file.ts';
import { type LayerTable, readLayerTable } from './layers/table.ts';
import { formatViolation } from './layers/violation.ts';
import type { Workspace } from './layers/workspace.ts';
import { checkLayers, judgeLayers } from './layers.ts';
import { ROOT } from './root.ts';

const table: LayerTable = {
  mayImport: {
    base: [],
    oci: ['base'],
    registry: ['base', 'oci'],
    hub: ['base', 'registry/events'],
    testkit: ['hub'],
    cli: ['hub/api'],
    server: ['hub'],
  },
  lazily: [{ from: 'apps/cli/src/commands/serve.ts', to: 'server' }],
  pure: ['packages/oci/src/index.ts', 'packages/later/src/index.ts'],
  pureMayImport: ['base', 'oci'],
};

const MAIN = { '.': './src/index.ts' };

function workspace(folder: string, dependencies: readonly string[], exports: Readonly<Record<string, string>> = MAIN): Workspace {
  const name = folder.split('/').at(-1) ?? '';
  const versions = Object.fromEntries(dependencies.map((dependency) => [dependency, '1.0.0']));
  return { name, folder, exports, dependencies: versions, devDependencies: {}, optionalDependencies: {} };
}

/** The violations of a small monorepo with these files; what is declared but not imported is left out. */
function judge(sources: Readonly<Record<string, string>>): string[] {
  const workspaces = [
    { ...workspace('', []), name: 'slipway', devDependencies: { vitest: '1.0.0' } },
    workspace('packages/base', [], { ...MAIN, './node': './src/node/index.ts' }),
    workspace('packages/oci', ['@slipway/base']),
    workspace('packages/registry', ['@slipway/base', '@slipway/oci'], { ...MAIN, './events': './src/events.ts' }),
    workspace('packages/hub', ['@slipway/base', '@slipway/registry'], { ...MAIN, './api': './src/api/index.ts' }),
    workspace('packages/testkit', ['@slipway/hub']),
    workspace('apps/cli', ['@slipway/hub']),
    workspace('apps/server', ['@slipway/hub', 'kept']),
  ];
  const files = Object.entries(sources).map(([path, text]) => parseSourceFile(path, text));
  return judgeLayers(createMonorepo(table, workspaces, files))
    .map(formatViolation)
    .filter((line) => !line.includes('which nothing in it imports'));
}

describe('layers', () => {
  test('checkLayers() finds nothing in this monorepo', async () => {
    expect((await checkLayers(ROOT)).map(formatViolation)).toEqual([]);
  });

  test('tsconfig.pure.json compiles every pure entry point there is', async () => {
    const { pure } = await readLayerTable(ROOT);
    const { files } = JSON.parse(await readFile(join(ROOT, 'tools/tsconfig.pure.json'), 'utf8')) as { files: string[] };
    expect(files).toEqual(pure.filter((path) => existsSync(join(ROOT, path))).map((path) => `../${path}`));
  });
});

describe('package rules', () => {
  test('judgeLayers() rejects an import upwards and says where', () => {
    expect(judge({ 'packages/base/src/a.ts': `\nimport { x } from '@slipway/oci';` })).toEqual([
      'packages/base/src/a.ts:2: "base" may not import "@slipway/oci" (it may import: nothing)',
      'packages/base/src/a.ts:2: imports "@slipway/oci", which packages/base/package.json does not declare',
    ]);
  });

  test.each([
    ['import type', `import type { X } from '@slipway/registry';`],
    ['re-export', `export * from '@slipway/registry';`],
    ['import()', `const x = await import('@slipway/registry');`],
    ['import type expression', `type X = import('@slipway/registry').X;`],
  ])('judgeLayers() sees an %s', (_form, text) => {
    expect(judge({ 'packages/hub/src/a.ts': text })).toEqual([
      'packages/hub/src/a.ts:1: "hub" may not import "@slipway/registry" (it may import: @slipway/base, @slipway/registry/events)',
    ]);
  });

  test('judgeLayers() allows the one entry point that is listed', () => {
    expect(judge({ 'packages/hub/src/a.ts': `import { x } from '@slipway/registry/events';` })).toEqual([]);
    expect(judge({ 'apps/cli/src/a.ts': `import { x } from '@slipway/hub/api';` })).toEqual([]);
    expect(judge({ 'apps/cli/src/a.ts': `import { x } from '@slipway/hub';` })).toHaveLength(1);
  });

  test('judgeLayers() rejects relative paths into another package', () => {
    expect(judge({ 'packages/hub/src/a.ts': `import { x } from '../../registry/src/secret.ts';` })).toEqual([
      'packages/hub/src/a.ts:1: reaches into "registry" by "../../registry/src/secret.ts": import @slipway/registry',
    ]);
  });

  test('judgeLayers() keeps testkit to tests', () => {
    const text = `import { x } from '@slipway/testkit';`;
    expect(judge({ 'packages/hub/src/a.test.ts': text, 'e2e/a.ts': text })).toEqual([]);
    expect(judge({ 'packages/hub/src/a.ts': text })[0]).toContain('testkit is for tests');
  });

  test('judgeLayers() lets serve load the server lazily, and nobody else', () => {
    const lazy = `const server = await import('@slipway/server');`;
    expect(judge({ 'apps/cli/src/commands/serve.ts': lazy })).toEqual([]);
    expect(judge({ 'apps/cli/src/commands/serve.ts': `import { x } from '@slipway/server';` })[0]).toContain('at once');
    expect(judge({ 'apps/cli/src/commands/gc.ts': lazy })[0]).toContain('nothing imports an app');
    expect(judge({ 'e2e/a.test.ts': lazy })[0]).toContain('nothing imports an app');
  });
});

describe('other rules', () => {
  test('judgeLayers() prints the way from a pure entry point to Node', () => {
    const found = judge({
      'packages/oci/src/index.ts': `export { x } from './x.ts';`,
      'packages/oci/src/x.ts': `export { y as x } from '@slipway/base';`,
      'packages/base/src/index.ts': `export { y } from './y.ts';`,
      'packages/base/src/y.ts': `import 'node:fs';`,
    });
    expect(found).toEqual([
      'packages/base/src/y.ts:1: Node module in a pure entry point: packages/oci/src/index.ts -> packages/oci/src/x.ts -> ' +
        'packages/base/src/index.ts -> packages/base/src/y.ts -> node:fs',
    ]);
  });

  test('judgeLayers() rejects a node entry point in a pure one', () => {
    expect(judge({ 'packages/oci/src/index.ts': `import '@slipway/base/node';` })[0]).toContain('Node entry point in a pure entry point');
  });

  test('judgeLayers() prints an import cycle', () => {
    const found = judge({ 'packages/oci/src/a.ts': `import './b.ts';`, 'packages/oci/src/b.ts': `import './a.ts';` });
    expect(found).toEqual(['packages/oci/src/a.ts: import cycle: packages/oci/src/a.ts -> packages/oci/src/b.ts -> packages/oci/src/a.ts']);
  });

  test.each(['console.log(1)', 'process.env.HOME', 'Date.now()', 'new Date()', `fetch('x')`, `globalThis.fetch('x')`])(
    'judgeLayers() rejects %s in domain code alone',
    (text) => {
      expect(judge({ 'packages/oci/src/a.ts': text })[0]).toContain('in domain code');
      expect(
        judge({ 'packages/oci/src/node/a.ts': text, 'packages/oci/src/a.test.ts': text, 'apps/cli/src/a.ts': text, 'tools/a.ts': text }),
      ).toEqual([]);
    },
  );

  test('judgeLayers() leaves look-alikes alone', () => {
    const text = `// console.log(1)\nconst text = 'process.env'; queue.fetch(); new Date(5); clock.now();`;
    expect(judge({ 'packages/oci/src/a.ts': text })).toEqual([]);
  });

  test('judgeLayers() compares imports with declarations both ways', () => {
    expect(judge({ 'packages/oci/src/a.ts': `import 'left-pad/x';` })).toEqual([
      'packages/oci/src/a.ts:1: imports "left-pad", which packages/oci/package.json does not declare',
    ]);
    expect(judge({ 'packages/oci/src/a.test.ts': `import 'vitest';` })).toEqual([]);
    const monorepo = createMonorepo(table, [workspace('apps/server', ['kept'])], []);
    expect(judgeLayers(monorepo).map(formatViolation)).toEqual(['apps/server/package.json: declares "kept", which nothing in it imports']);
  });
});
