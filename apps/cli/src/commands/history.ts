import { type Command, defineCommand } from '../command/command.ts';
import { switchFlag, textFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { renderList } from '../output/format/render-list.ts';
import { historyFields, historyRows } from './image/history-rows.ts';
import { imageWords } from './image/image-words.ts';

const TABLE = 'table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}';
const EXACT_TABLE = 'table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}';

/** `slipway history`, and `slipway image history`. */
export function createHistoryCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Show how an image was made',
    usage: 'IMAGE',
    operands: { min: 1, max: 1 },
    description: 'The last step first. `<missing>`: only the last step has an image of its own.',
    examples: ['slipway history app', 'slipway history --no-trunc app', "slipway history --format '{{.Size}}\\t{{.CreatedBy}}' app"],
    completes: imageWords,
    flags: {
      format: textFlag("'table', 'table TEMPLATE', 'json', or a Go template"),
      human: { ...switchFlag('Sizes and ages for people; --human=false shows bytes and dates', { short: 'H' }), initial: true },
      'no-trunc': switchFlag('Show whole ids and commands'),
      quiet: switchFlag('Only ids', { short: 'q' }),
    },
    async run(context, { flags: { format, human, quiet, 'no-trunc': isWhole }, operands: [name = ''] }) {
      await using engine = await context.openEngine();
      const record = engine.images.require(name);
      const { config } = await engine.images.readConfig(record);
      const output = renderList({
        format,
        rows: historyRows(record, config, engine.images),
        fields: historyFields({ nowMs: context.clock.now(), isTruncated: !isWhole, isHuman: human }),
        table: human ? TABLE : EXACT_TABLE,
        quietField: quiet ? 'ID' : undefined,
      });
      context.stdout.write(output);
      return EXIT.success;
    },
  });
}
