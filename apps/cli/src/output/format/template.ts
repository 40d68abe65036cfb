import { evaluateNodes } from './evaluate.ts';
import type { FunctionTable } from './function-table.ts';
import { FUNCTIONS } from './functions.ts';
import { parseNodes } from './parse-template.ts';

/** A template of Go's text/template, parsed. */
export interface Template {
  /**
   * The text the template makes of a value, whose parts cannot steer a terminal: of plain objects, whose fields it may name, of Maps, of which it may name any key, of lists,
   * text, numbers, switches and nothing. Functions are methods that take exactly the parameters they declare. Throws TEMPLATE_INVALID.
   */
  execute(value: unknown): string;
}

export interface TemplateOptions {
  /** Further functions, and others for built-in ones. */
  readonly functions?: FunctionTable;
}

/** Reads a template of `--format`, with Go's functions and docker's. Throws TEMPLATE_INVALID in docker's words. */
export function parseTemplate(source: string, { functions: more = {} }: TemplateOptions = {}): Template {
  const functions = { ...FUNCTIONS, ...more };
  const nodes = parseNodes(source, new Set(Object.keys(functions)));
  return { execute: (value) => evaluateNodes(nodes, value, { source, functions }) };
}
