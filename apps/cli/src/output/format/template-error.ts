import { cliError } from '../../errors.ts';

/** What is wrong with a template's text. */
export function syntaxError(line: number, reason: string, hint?: string) {
  return cliError('TEMPLATE_INVALID', `template parsing error: template: :${line}: ${reason}`, hint === undefined ? {} : { hint });
}

/** What went wrong while a part of a template ran; the part is `text`, at `at` in the source. */
export interface FailedPart {
  readonly at: number;
  readonly text: string;
}

export function executionError(source: string, { at, text }: FailedPart, { reason, hint }: TemplateFailure) {
  const before = source.slice(0, at);
  const line = 1 + (before.match(/\n/g)?.length ?? 0);
  const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
  const message = `template parsing error: template: :${line}:${column}: executing "" at <${text}>: ${reason}`;
  return cliError('TEMPLATE_INVALID', message, hint === undefined ? {} : { hint });
}

/** Thrown where a function does not know which part of the template called it; the evaluator adds the place. */
export class TemplateFailure extends Error {
  readonly reason: string;
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.name = 'TemplateFailure';
    this.reason = reason;
    this.hint = hint;
  }
}
