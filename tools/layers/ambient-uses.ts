import { type Expression, type Program, type Super, Visitor } from 'oxc-parser';

/** A use of something that domain code takes as an argument instead: `process.env`, `Date.now`. */
export interface AmbientUse {
  readonly name: string;
  readonly line: number;
}

/** Finds what makes code depend on the process it runs in: environment, console, clock, network. */
export function findAmbientUses(program: Program, lineOf: (offset: number) => number): AmbientUse[] {
  const uses: AmbientUse[] = [];
  const add = (name: string, offset: number): void => {
    uses.push({ name, line: lineOf(offset) });
  };
  new Visitor({
    MemberExpression(node) {
      const object = globalName(node.object);
      const property = !node.computed && node.property.type === 'Identifier' ? node.property.name : undefined;
      if (object === 'console') add('console', node.start);
      if (object === 'process' && property === 'env') add('process.env', node.start);
      if (object === 'Date' && property === 'now') add('Date.now', node.start);
    },
    NewExpression(node) {
      if (globalName(node.callee) === 'Date' && node.arguments.length === 0) add('new Date()', node.start);
    },
    CallExpression(node) {
      if (globalName(node.callee) === 'fetch') add('fetch', node.start);
    },
  }).visit(program);
  return uses;
}

/** `fetch` of `fetch` and of `globalThis.fetch`. */
function globalName(node: Expression | Super): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return undefined;
  return node.object.type === 'Identifier' && node.object.name === 'globalThis' ? node.property.name : undefined;
}
