import { type AppError, isAppError } from '@slipway/base';
import type { Engine } from '@slipway/engine';
import { type Command, defineCommand } from '../command/command.ts';
import { switchFlag, textFlag } from '../command/flag.ts';
import type { CliContext } from '../context.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Template } from '../output/format/template.ts';
import { renderJson } from '../output/json.ts';
import { reportError } from '../output/report-error.ts';
import { imageWords } from './image/image-words.ts';
import { describeImage } from './image/inspect-document.ts';
import { templateValue } from './image/template-value.ts';

const FORMAT_HELP = "A Go template for each; 'json' prints a list on one line";

/** `slipway inspect`: whatever has the name. */
export const inspectCommand = defineCommand({
  path: ['inspect'],
  summary: 'Show what is known of images, as JSON',
  usage: 'NAME|ID [NAME|ID...]',
  operands: { min: 1 },
  description: 'What is not found is reported, and exits with 1.',
  examples: ['slipway inspect app', "slipway inspect -f '{{.Config.Env}}' app", "slipway inspect -f '{{json .RootFS}}' app"],
  completes: imageWords,
  flags: {
    format: textFlag(FORMAT_HELP, { short: 'f' }),
    size: switchFlag('Taken for the sake of scripts: only containers have a size of their own', { short: 's' }),
    type: textFlag('What the names are names of: image', { placeholder: 'type' }),
  },
  async run(context, { flags: { format, type }, operands }) {
    if (type !== undefined && type !== 'image')
      throw cliError('USAGE', `"${type}" is not a valid value for --type`, { hint: 'Use image.' });
    return await inspect(context, { names: operands, format, noun: type === undefined ? 'object' : 'image' });
  },
});

/** `slipway image inspect`. */
export const imageInspectCommand: Command = defineCommand({
  path: ['image', 'inspect'],
  summary: 'Show what is known of images, as JSON',
  usage: 'IMAGE [IMAGE...]',
  operands: { min: 1 },
  examples: ['slipway image inspect app', "slipway image inspect -f '{{.Id}}' app"],
  completes: imageWords,
  flags: { format: textFlag(FORMAT_HELP, { short: 'f' }) },
  run: async (context, { flags: { format }, operands }) => await inspect(context, { names: operands, format, noun: 'image' }),
});

interface Inspection {
  readonly names: readonly string[];
  readonly format: string | undefined;
  /** What is missing when there is none of the name. */
  readonly noun: 'object' | 'image';
}

/** Goes on after a name that is not there, and after a template that does not fit what it names: failures are told at the end, as docker does. */
async function inspect(context: CliContext, inspection: Inspection): Promise<number> {
  let template: Template | undefined;
  try {
    template = await openTemplate(inspection.format);
  } catch (error) {
    if (!isAppError(error, 'TEMPLATE_INVALID')) throw error;
    reportError(context, error);
    return EXIT.badTemplate;
  }
  await using engine = await context.openEngine();
  const { parts, failures } = await showAll(engine, inspection, template);
  context.stdout.write(template === undefined ? renderJson(parts, inspection.format === 'json' ? 0 : 4) : toLines(parts));
  for (const failure of failures) reportError(context, failure);
  return failures.length === 0 ? EXIT.success : EXIT.failure;
}

interface Shown {
  /** Documents, or texts that a template made of them. */
  readonly parts: readonly unknown[];
  readonly failures: readonly AppError[];
}

async function showAll(engine: Engine, { names, noun }: Inspection, template: Template | undefined): Promise<Shown> {
  const parts: unknown[] = [];
  const failures: AppError[] = [];
  for (const name of names) {
    try {
      const record = findImage(engine, name);
      if (record === undefined) throw cliError('OBJECT_UNKNOWN', `No such ${noun}: ${name}`);
      const document = await describeImage(record, engine);
      parts.push(template === undefined ? document : template.execute(templateValue(document)));
    } catch (error) {
      if (!isAppError(error, 'OBJECT_UNKNOWN') && !isAppError(error, 'TEMPLATE_INVALID')) throw error;
      failures.push(error);
    }
  }
  return { parts, failures };
}

/** A line for each; a line break for nothing at all, as docker. */
function toLines(texts: readonly unknown[]): string {
  return `${texts.join('\n')}\n`;
}

async function openTemplate(format: string | undefined): Promise<Template | undefined> {
  if (format === undefined || format === '' || format === 'json') return undefined;
  return (await import('../output/format/template.ts')).parseTemplate(format);
}

/** What is no name at all is nobody's name. */
function findImage(engine: Engine, name: string) {
  try {
    return engine.images.find(name);
  } catch (error) {
    if (isAppError(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}
