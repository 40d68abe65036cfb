import { type Command, defineCommand } from '../command/command.ts';
import { listFlag, switchFlag, textFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { parseFilters } from '../output/format/filters.ts';
import { renderList } from '../output/format/render-list.ts';
import { filterImages, IMAGE_FILTERS } from './image/image-filters.ts';
import { imageFields, rowsOf } from './image/image-rows.ts';
import { imageWords } from './image/image-words.ts';

const TABLE = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}';
const TABLE_WITH_DIGESTS = 'table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}';

/** `slipway images`, and `slipway image ls`. */
export function createImagesCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'List images',
    usage: '[REPOSITORY[:TAG]]',
    operands: { min: 0, max: 1 },
    description: [
      'The newest first. SIZE is that of the files of all layers, which images may share: see `slipway system df -v`.',
      'Filters: dangling=true|false, label=KEY[=VALUE], before=IMAGE, since=IMAGE, until=DURATION|DATE, reference=PATTERN.',
    ].join('\n'),
    examples: [
      'slipway images',
      "slipway images 'ann/*'",
      'slipway images --filter dangling=true -q',
      "slipway images --format '{{.ID}} {{.Tag}}'",
    ],
    completes: imageWords,
    flags: {
      all: switchFlag('Show all images: there are no others here', { short: 'a' }),
      digests: switchFlag('Show digests'),
      filter: listFlag('Show only what these conditions leave', { short: 'f', placeholder: 'filter' }),
      format: textFlag("'table', 'table TEMPLATE', 'json', or a Go template"),
      'no-trunc': switchFlag('Show whole ids'),
      quiet: switchFlag('Only ids', { short: 'q' }),
    },
    async run(context, { flags, operands: [pattern] }) {
      const { digests: showDigests, format } = flags;
      const patterns = pattern === undefined || pattern === '' ? [] : [`reference=${pattern}`];
      const filters = parseFilters([...flags.filter, ...patterns], IMAGE_FILTERS);
      await using engine = await context.openEngine();
      const nowMs = context.clock.now();
      const listed = await filterImages(engine.images.list(), filters, { images: engine.images, nowMs });
      const needsDigests = showDigests || format?.includes('{{.Digest}}') === true;
      const output = renderList({
        format,
        rows: listed.flatMap((image) => rowsOf(image, { showDigests: needsDigests })),
        fields: imageFields({ nowMs, isTruncated: !flags['no-trunc'] }),
        table: showDigests ? TABLE_WITH_DIGESTS : TABLE,
        quietField: flags.quiet ? 'ID' : undefined,
      });
      context.stdout.write(output);
      return EXIT.success;
    },
  });
}
