import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImageRecord } from '@slipway/engine';
import { findImagesToSave, type ImageToSave, saveArchive } from '@slipway/engine/archives';
import type { Digest } from '@slipway/oci';
import { type Command, defineCommand } from '../command/command.ts';
import { choiceFlag, textFlag } from '../command/flag.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { chooseImages } from './image/chosen-images.ts';
import { imageWords } from './image/image-words.ts';
import { writeOutput } from './image/write-output.ts';

/** `slipway save`, and `slipway image save`. */
export function createSaveCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Write images into a tar archive',
    usage: 'IMAGE [IMAGE...]',
    operands: { min: 1 },
    description: [
      'The archive is one that `docker load` reads, and an OCI image layout too. A repository without a tag brings all of its tags.',
      'The file is written whole or not at all.',
    ].join('\n'),
    examples: ['slipway save -o app.tar app:v1', 'slipway save app | gzip > app.tar.gz', 'slipway save --format oci -o app.oci.tar app'],
    completes: imageWords,
    flags: {
      format: choiceFlag("docker, or oci for an archive without docker's own documents", ['docker', 'oci']),
      output: textFlag('The file to write, instead of stdout', { short: 'o', placeholder: 'file' }),
    },
    async run(context, { flags: { format, output }, operands }) {
      const { signal, stdout } = context;
      const isToStdout = output === undefined || output === '' || output === '-';
      if (isToStdout && stdout.isTTY === true) {
        throw cliError('OUTPUT_REFUSED', 'cowardly refusing to save to a terminal. Use the -o flag or redirect');
      }
      await using engine = await context.openEngine();
      await engine.cleanUp();
      await using lease = await engine.leases.open(`slipway save ${operands.join(' ')}`);
      const { content } = engine;
      const pack = async (record: ImageRecord) => await engine.pack(record, { signal });
      const chosen = operands.flatMap((text) => chooseImages(engine.images, text));
      await lease.holdContent(chosen.flatMap(({ record }) => heldDigests(record)));
      const images: ImageToSave[] = [];
      for (const choice of chosen) images.push(...(await findImagesToSave({ ...choice, content, pack })));
      const open = () => saveArchive({ content, images, format, signal });
      if (isToStdout) await pipeline(Readable.from(open()), stdout, { signal, end: false });
      else await writeOutput(resolve(context.cwd, output), open, signal);
      return EXIT.success;
    },
  });
}

/** An image that is removed meanwhile is saved nevertheless. */
function heldDigests({ id, manifests, names }: ImageRecord): Digest[] {
  return [id, ...manifests.map(({ digest }) => digest), ...names.flatMap(({ target = id }) => target)];
}
