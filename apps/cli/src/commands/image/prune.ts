import { defineCommand } from '../../command/command.ts';
import { listFlag, switchFlag } from '../../command/flag.ts';
import { EXIT } from '../../exit-code.ts';
import { confirmPrune } from './confirm-prune.ts';
import { PRUNE_FILTERS_HELP, parsePruneFilters } from './prune-filters.ts';
import { renderPrune } from './render-removal.ts';

export const imagePruneCommand = defineCommand({
  path: ['image', 'prune'],
  summary: 'Remove images that nothing uses',
  usage: '',
  operands: { min: 0, max: 0 },
  description: ['Removes images without a name; with --all those that no container uses, too.', PRUNE_FILTERS_HELP].join('\n'),
  examples: ['slipway image prune', "slipway image prune -af --filter 'until=240h'", "slipway image prune -f --filter 'label!=keep'"],
  flags: {
    all: switchFlag('Remove all images that no container uses, not only those without a name', { short: 'a' }),
    filter: listFlag('Remove only what these conditions leave', { placeholder: 'filter' }),
    force: switchFlag('Do not ask', { short: 'f' }),
  },
  async run(context, { flags: { all, filter, force } }) {
    const choice = { all, ...parsePruneFilters(filter, context.clock.now()) };
    if (!force) {
      const what = all ? 'all images without at least one container associated to them' : 'all dangling images';
      await confirmPrune(context, `This will remove ${what}.`);
    }
    await using engine = await context.openEngine();
    await engine.cleanUp();
    const outcome = await engine.images.prune(choice);
    await engine.collect({ signal: context.signal });
    context.stdout.write(renderPrune(outcome));
    return EXIT.success;
  },
});
