import { AppError, messageOf, redact } from '@slipway/base';
import type { CliContext } from '../context.ts';
import { toPrintable, toPrintableLine } from './printable.ts';

/** Says on stderr what went wrong and what to do about it; with SLIPWAY_DEBUG also where. */
export function reportError(context: Pick<CliContext, 'environment' | 'stderr'>, error: unknown): void {
  const lines = [`Error: ${toPrintable(redact(messageOf(error)))}`];
  if (error instanceof AppError && error.hint !== undefined) lines.push(`Hint: ${toPrintableLine(error.hint)}`);
  const debug = context.environment['SLIPWAY_DEBUG'];
  if (debug !== undefined && debug !== '' && debug !== '0') lines.push(...describeOrigin(error));
  context.stderr.write(`${lines.join('\n')}\n`);
}

function describeOrigin(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) lines.push(`[${at.code}]${at.internal === undefined ? '' : ` ${toPrintable(at.internal)}`}`);
    lines.push(toPrintable(redact(at.stack ?? at.message)));
  }
  return lines;
}
