import { AppError } from '@slipway/base';
import { type Command, defineCommand } from '../command/command.ts';
import { switchFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { reportError } from '../output/report-error.ts';
import { imageWords } from './image/image-words.ts';
import { renderRemoval } from './image/render-removal.ts';

/** `slipway rmi`, and `slipway image rm`. */
export function createRemoveImageCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Remove one or more images',
    usage: 'IMAGE [IMAGE...]',
    operands: { min: 1 },
    description: [
      'Takes the name away; with its last name goes the image, and with it the layers that no other image has.',
      'What cannot be removed is reported, and the others are removed nevertheless.',
    ].join('\n'),
    examples: ['slipway rmi app:old', 'slipway rmi 0e5574283393', 'slipway rmi $(slipway images -q --filter dangling=true)'],
    completes: imageWords,
    flags: {
      force: switchFlag('Remove an image with several names, or one that stopped containers use', { short: 'f' }),
      'no-prune': switchFlag('Taken for the sake of scripts: nothing but the image is ever removed'),
    },
    async run(context, { flags: { force }, operands }) {
      await using engine = await context.openEngine();
      await engine.cleanUp();
      let hasFailed = false;
      for (const name of operands) {
        context.signal.throwIfAborted();
        try {
          context.stdout.write(renderRemoval(await engine.images.remove(name, { force })));
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          reportError(context, error);
          hasFailed ||= !(force && error.kind === 'not-found');
        }
      }
      await engine.collect({ signal: context.signal });
      return hasFailed ? EXIT.failure : EXIT.success;
    },
  });
}
