import { defineCommand } from '../../command/command.ts';
import { listFlag, switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { confirmPrune } from '../image/confirm-prune.ts';
import { PRUNE_FILTERS_HELP, parsePruneFilters } from '../image/prune-filters.ts';
import { renderPrune } from '../image/render-removal.ts';

export const systemPruneCommand = defineCommand({
  path: ['system', 'prune'],
  summary: 'Remove everything that nothing uses',
  usage: '',
  operands: { min: 0, max: 0 },
  description: [
    'Removes images without a name (with --all those that no container uses, too), and what transfers that were cut off left.',
    PRUNE_FILTERS_HELP,
  ].join('\n'),
  examples: ['slipway system prune', 'slipway system prune -af', "slipway system prune -f --filter 'until=24h'"],
  flags: {
    all: switchFlag('Remove all images that no container uses, not only those without a name', { short: 'a' }),
    filter: listFlag('Remove only images that these conditions leave', { placeholder: 'filter' }),
    force: switchFlag('Do not ask', { short: 'f' }),
    volumes: switchFlag('Taken for the sake of scripts: there are no volumes'),
  },
  async run(context, { flags: { all, filter, force } }) {
    const choice = { all, ...parsePruneFilters(filter, context.clock.now()) };
    if (!force) {
      const images = all ? 'all images without at least one container associated to them' : 'all dangling images';
      await confirmPrune(context, `This will remove:\n  - ${images}\n  - all content that no image needs\n`);
    }
    await using engine = await context.openEngine();
    await engine.cleanUp();
    const { events } = await engine.images.prune(choice);
    const { contentBytes, snapshotBytes } = await engine.collect({ signal: context.signal });
    context.stdout.write(renderPrune({ events, reclaimedBytes: contentBytes + snapshotBytes }));
    return EXIT.success;
  },
});
