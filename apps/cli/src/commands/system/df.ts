import { defineCommand } from '../../command/command.ts';
import { switchFlag, textFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { renderList } from '../../output/format/render-list.ts';
import { parseTemplate } from '../../output/format/template.ts';
import { renderJsonLines } from '../../output/json.ts';
import { USAGE_FIELDS, USAGE_TABLE, usageRows } from './usage-rows.ts';
import { renderVerboseUsage, verboseUsageDocument } from './verbose-usage.ts';

export const systemDfCommand = defineCommand({
  path: ['system', 'df'],
  summary: 'Show what takes how much room',
  usage: '',
  operands: { min: 0, max: 0 },
  description: 'Layers that images share count once. RECLAIMABLE is what would go with the images that no container uses.',
  examples: ['slipway system df', 'slipway system df -v', "slipway system df --format '{{.Type}}: {{.Size}}'"],
  flags: {
    format: textFlag("'table', 'table TEMPLATE', 'json', or a Go template"),
    verbose: switchFlag('Show every image', { short: 'v' }),
  },
  async run(context, { flags: { format, verbose } }) {
    await using engine = await context.openEngine();
    const usage = await engine.usage();
    const nowMs = context.clock.now();
    if (!verbose) {
      context.stdout.write(renderList({ format, rows: usageRows(usage), fields: USAGE_FIELDS, table: USAGE_TABLE }));
    } else if (format === undefined || format === 'table') {
      context.stdout.write(renderVerboseUsage(usage, nowMs));
    } else {
      const document = verboseUsageDocument(usage, nowMs);
      context.stdout.write(format === 'json' ? renderJsonLines([document]) : `${parseTemplate(format).execute(document)}\n`);
    }
    return EXIT.success;
  },
});
