import { messageOf } from '@slipway/base';
import { toPrintable } from '../printable.ts';
import { fieldOf } from './access.ts';
import type { FunctionTable, TemplateFunction } from './function-table.ts';
import type { Branch, Call, Node, Operand, Pipeline } from './node.ts';
import { printValue } from './print-value.ts';
import { executionError, type FailedPart, TemplateFailure } from './template-error.ts';
import { entriesOf, isTrue, kindOf, typeNameOf } from './values.ts';

/** Ends loops over huge numbers, and loops in loops. */
const MAX_STEPS = 1_000_000;
const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;

/** Absent: the call is the first of its pipeline. */
type PipedValue = { readonly value: unknown } | undefined;
type LoopEnd = 'break' | 'continue' | undefined;

export interface EvaluationOptions {
  readonly source: string;
  readonly functions: FunctionTable;
}

/** The text that the nodes make of a value, of which nothing steers a terminal. Throws TEMPLATE_INVALID with the place in the source. */
export function evaluateNodes(nodes: readonly Node[], value: unknown, options: EvaluationOptions): string {
  return new Evaluation(value, options).run(nodes);
}

class Evaluation {
  readonly #root: unknown;
  readonly #options: EvaluationOptions;
  readonly #variables: { readonly name: string; value: unknown }[];
  readonly #output: string[] = [];
  #characters = 0;
  #steps = 0;
  #current: FailedPart = { at: 0, text: '' };

  constructor(root: unknown, options: EvaluationOptions) {
    this.#root = root;
    this.#options = options;
    this.#variables = [{ name: '$', value: root }];
  }

  run(nodes: readonly Node[]): string {
    try {
      this.#walk(nodes, this.#root);
    } catch (error) {
      if (error instanceof TemplateFailure) throw executionError(this.#options.source, this.#current, error);
      throw error;
    }
    return this.#output.join('');
  }

  #walk(nodes: readonly Node[], dot: unknown): LoopEnd {
    for (const node of nodes) {
      this.#step();
      const end = this.#walkNode(node, dot);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #walkNode(node: Node, dot: unknown): LoopEnd {
    switch (node.kind) {
      case 'text':
        return this.#write(node.text);
      case 'action': {
        const value = this.#evaluatePipeline(node.pipeline, dot);
        return node.pipeline.variables.length === 0 ? this.#write(toPrintable(printValue(value))) : undefined;
      }
      case 'if':
      case 'with':
        return this.#scoped(() => {
          const value = this.#evaluatePipeline(node.pipeline, dot);
          if (!isTrue(value)) return this.#walk(node.otherwise, dot);
          return this.#walk(node.body, node.kind === 'with' ? value : dot);
        });
      case 'range':
        return this.#scoped(() => this.#walkRange(node, dot));
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #walkRange(range: Branch, dot: unknown): LoopEnd {
    const { pipeline, body, otherwise } = range;
    const iterated = this.#evaluatePipeline(pipeline, dot);
    let isEmpty = true;
    for (const [key, element] of this.#iterate(iterated, pipeline)) {
      isEmpty = false;
      this.#step();
      const end = this.#scoped(() => {
        this.#setLoopVariables(pipeline, key, element);
        return this.#walk(body, element);
      });
      if (end === 'break') break;
    }
    return isEmpty ? this.#walk(otherwise, dot) : undefined;
  }

  *#iterate(value: unknown, { variables }: Pipeline): Generator<readonly [key: unknown, element: unknown]> {
    switch (kindOf(value)) {
      case 'nil':
        return;
      case 'slice':
        yield* (value as readonly unknown[]).entries();
        return;
      case 'map':
        yield* entriesOf(value);
        return;
      case 'int':
        if (variables.length > 1) throw new TemplateFailure(`can't use ${String(value)} to iterate over more than one variable`);
        for (let index = 0; index < Number(value); index += 1) yield [index, index];
        return;
      default:
        throw new TemplateFailure(`range can't iterate over ${printValue(value)}`);
    }
  }

  #setLoopVariables({ variables, isAssignment }: Pipeline, key: unknown, element: unknown): void {
    const values = variables.length === 2 ? [key, element] : [element];
    for (const [at, name] of variables.entries()) this.#setVariable(name, values[at], isAssignment);
  }

  #evaluatePipeline({ variables, isAssignment, calls }: Pipeline, dot: unknown): unknown {
    let piped: PipedValue;
    for (const call of calls) piped = { value: this.#evaluateCall(call, dot, piped) };
    const value = piped?.value;
    for (const name of variables) this.#setVariable(name, value, isAssignment);
    return value;
  }

  #evaluateCall(call: Call, dot: unknown, piped: PipedValue): unknown {
    this.#step();
    const { head } = call;
    switch (head.kind) {
      case 'field':
        return this.#evaluatePath(dot, head, { call, dot, piped });
      case 'variable':
        if (head.path.length === 0) break;
        return this.#evaluatePath(this.#variable(head.name).value, head, { call, dot, piped });
      case 'chain':
        return this.#evaluatePath(this.#evaluateOperand(head.base, dot), head, { call, dot, piped });
      case 'function':
        return this.#callFunction(head.name, { call, dot, piped });
      case 'nil':
        this.#current = head;
        throw new TemplateFailure('nil is not a command');
      default:
        break;
    }
    if (call.args.length > 0 || piped !== undefined) {
      this.#current = head;
      throw new TemplateFailure(`can't give argument to non-function ${head.text}`);
    }
    return this.#evaluateOperand(head, dot);
  }

  /** An operand that stands alone: the argument of a call. */
  #evaluateOperand(operand: Operand, dot: unknown): unknown {
    this.#current = operand;
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'nil':
        return null;
      case 'dot':
        return dot;
      case 'variable':
        if (operand.path.length === 0) return this.#variable(operand.name).value;
        break;
      case 'pipeline':
        return this.#evaluatePipeline(operand.pipeline, dot);
      default:
        break;
    }
    return this.#evaluateCall({ at: operand.at, text: operand.text, head: operand, args: [] }, dot, undefined);
  }

  /** The last field of a path may be a method that takes the call's arguments. */
  #evaluatePath(start: unknown, operand: Operand & { readonly path: readonly string[] }, { call, dot, piped }: CallContext): unknown {
    let value = start;
    for (const [at, name] of operand.path.entries()) {
      this.#current = operand;
      const receiver = value;
      const field = fieldOf(receiver, name);
      const isLast = at === operand.path.length - 1;
      const hasArguments = isLast && (call.args.length > 0 || piped !== undefined);
      if (typeof field === 'function') {
        const args = isLast ? this.#evaluateArguments(call, dot, piped) : [];
        this.#current = operand;
        value = callMethod(receiver, name, args);
      } else {
        if (hasArguments) throw new TemplateFailure(describeNoMethod(receiver, name));
        value = field;
      }
    }
    return value;
  }

  #callFunction(name: string, { call, dot, piped }: CallContext): unknown {
    const { functions } = this.#options;
    const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
    this.#current = { at: call.at, text: name };
    if (called === undefined) throw new TemplateFailure(`"${name}" is not a defined function`);
    const count = call.args.length + (piped === undefined ? 0 : 1);
    checkCount(name, called, count);
    if (name === 'and' || name === 'or') return this.#evaluateShort(name, { call, dot, piped });
    const args = this.#evaluateArguments(call, dot, piped);
    this.#checkTexts(called, call, args);
    this.#current = call;
    try {
      return called.run(args);
    } catch (error) {
      throw new TemplateFailure(`error calling ${name}: ${messageOf(error)}`);
    }
  }

  #checkTexts({ text = [] }: TemplateFunction, call: Call, args: readonly unknown[]): void {
    for (const at of text) {
      const value = args[at];
      if (typeof value === 'string') continue;
      const operand = call.args[at];
      this.#current = operand ?? call;
      if (operand?.kind === 'constant') throw new TemplateFailure(`expected string; found ${operand.text}`);
      if (kindOf(value) === 'nil') throw new TemplateFailure('invalid value; expected string');
      throw new TemplateFailure(`wrong type for value; expected string; got ${typeNameOf(value)}`);
    }
  }

  /** `and` and `or` evaluate only what they need. */
  #evaluateShort(name: 'and' | 'or', { call, dot, piped }: CallContext): unknown {
    let value: unknown;
    for (const argument of call.args) {
      value = this.#evaluateOperand(argument, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped === undefined ? value : piped.value;
  }

  #evaluateArguments({ args }: Call, dot: unknown, piped: PipedValue): readonly unknown[] {
    // A missing value becomes a nil on its way into a function.
    const values = args.map((argument) => this.#evaluateOperand(argument, dot) ?? null);
    return piped === undefined ? values : [...values, piped.value ?? null];
  }

  #variable(name: string): { readonly name: string; value: unknown } {
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable === undefined) throw new TemplateFailure(`undefined variable: ${name}`);
    return variable;
  }

  #setVariable(name: string, value: unknown, isAssignment: boolean): void {
    if (isAssignment) this.#variable(name).value = value;
    else this.#variables.push({ name, value });
  }

  #scoped(body: () => LoopEnd): LoopEnd {
    const known = this.#variables.length;
    const end = body();
    this.#variables.length = known;
    return end;
  }

  #write(text: string): undefined {
    this.#characters += text.length;
    if (this.#characters > MAX_OUTPUT_CHARACTERS) throw new TemplateFailure('the output is too large');
    this.#output.push(text);
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new TemplateFailure('the template takes too many steps');
  }
}

interface CallContext {
  readonly call: Call;
  readonly dot: unknown;
  readonly piped: PipedValue;
}

function describeNoMethod(receiver: unknown, name: string): string {
  return receiver instanceof Map ? `${name} is not a method but has arguments` : `${name} has arguments but cannot be invoked as function`;
}

function callMethod(receiver: unknown, name: string, args: readonly unknown[]): unknown {
  const method = (receiver instanceof Map ? receiver.get(name) : (receiver as Record<string, unknown>)[name]) as (
    ...args: readonly unknown[]
  ) => unknown;
  if (method.length !== args.length)
    throw new TemplateFailure(`wrong number of args for ${name}: want ${method.length} got ${args.length}`);
  return method.apply(receiver, [...args]);
}

function checkCount(name: string, { min, max }: TemplateFunction, count: number): void {
  if (count < min) throw new TemplateFailure(`wrong number of args for ${name}: want ${max === min ? '' : 'at least '}${min} got ${count}`);
  if (max !== undefined && count > max) throw new TemplateFailure(`wrong number of args for ${name}: want ${max} got ${count}`);
}
