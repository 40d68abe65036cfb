import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Expression, type Program, parseSync, Visitor } from 'oxc-parser';
import { type AmbientUse, findAmbientUses } from './ambient-uses.ts';

export type ImportForm = 'static' | 'type' | 'dynamic';

/** One import, re-export, `import()` or `import('…')` type. */
export interface ImportUse {
  readonly specifier: string;
  readonly form: ImportForm;
  readonly line: number;
}

export interface SourceFile {
  /** Relative to the root. */
  readonly path: string;
  readonly imports: readonly ImportUse[];
  readonly ambientUses: readonly AmbientUse[];
}

const SOURCES = ['{apps,packages}/*/src/**/*.{ts,tsx}', '{e2e,bench,tools}/**/*.{ts,tsx}'];

/** Parses every source file of the monorepo, in the order of their paths. */
export async function readSourceFiles(root: string): Promise<SourceFile[]> {
  const paths: string[] = [];
  for await (const path of glob(SOURCES, { cwd: root, exclude: (name) => name.endsWith('node_modules') || name.endsWith('.cache') })) {
    paths.push(path);
  }
  return Promise.all(paths.sort().map(async (path) => parseSourceFile(path, await readFile(join(root, path), 'utf8'))));
}

/** Files with syntax errors yield what was understood: the compiler reports them. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const { program } = parseSync(path, text);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  return { path, imports: findImports(program, lineOf), ambientUses: findAmbientUses(program, lineOf) };
}

function findImports(program: Program, lineOf: (offset: number) => number): ImportUse[] {
  const imports: ImportUse[] = [];
  const add = (source: Expression | null, form: ImportForm): void => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    imports.push({ specifier: source.value, form, line: lineOf(source.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type' ? 'type' : 'static'),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type' ? 'type' : 'static'),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === 'type' ? 'type' : 'static'),
    ImportExpression: (node) => add(node.source, 'dynamic'),
    TSImportType: (node) => add(node.source, 'type'),
  }).visit(program);
  return imports;
}

/** Tests, and the contract suites and fixtures that only tests load. */
export function isTestSupport(path: string): boolean {
  return (
    /\.test\.tsx?$/.test(path) ||
    /(^|[/-])contract\.ts$/.test(path) ||
    /\/testing\//.test(path) ||
    /^(packages\/testkit|e2e|bench)\//.test(path)
  );
}
