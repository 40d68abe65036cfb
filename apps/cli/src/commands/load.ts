import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf, systemCodeOf } from '@slipway/base';
import { describeLoadEvent, loadArchive, loadLayout } from '@slipway/engine/archives';
import { type Command, defineCommand } from '../command/command.ts';
import { switchFlag, textFlag } from '../command/flag.ts';
import type { CliContext } from '../context.ts';
import { cliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { machinePlatform, PLATFORM_FLAG, requestedPlatform } from '../registry/wanted-platform.ts';
import { createLoadProgress } from './image/load-progress.ts';

/** `slipway load`, and `slipway image load`. */
export function createLoadCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Load images from a tar archive',
    usage: '',
    operands: { min: 0, max: 0 },
    description: 'Reads what `save` of docker, podman and slipway wrote, and OCI image layouts in a tar; gzip and zstd are undone.',
    examples: ['slipway load -i app.tar', 'slipway load < app.tar.gz', 'docker save app | slipway load'],
    flags: {
      input: textFlag('The file to read, or the folder of an OCI layout, instead of stdin', { short: 'i', placeholder: 'file' }),
      ...PLATFORM_FLAG,
      quiet: switchFlag('No progress', { short: 'q' }),
    },
    async run(context, { flags: { input: named, platform, quiet } }) {
      // Docker reads stdin for a name that is empty, such as a variable that is not set.
      const input = named === '' ? undefined : named;
      if (input === undefined && context.stdin.isTTY === true) {
        throw cliError('USAGE', 'requested load from stdin, but stdin is empty', { hint: 'Use -i FILE, or redirect stdin.' });
      }
      const { signal } = context;
      const wanted = requestedPlatform(platform, context) ?? machinePlatform();
      const source = await openSource(context, input);
      await using engine = await context.openEngine();
      await engine.cleanUp();
      using progress = createLoadProgress(context, { isQuiet: quiet, totalBytes: 'folder' in source ? undefined : source.sizeBytes });
      await using lease = await engine.leases.open(`slipway load ${input ?? ''}`);
      const { content, images, searchPath } = engine;
      const receive = async () => await engine.receive({ lease, platform: 'all', signal });
      const { onProgress } = progress;
      const options = { content, images, receive, lease, platform: wanted, searchPath, onProgress, signal };
      const events = 'folder' in source ? loadLayout(source.folder, options) : loadArchive(source.stream, options);
      for await (const event of events) progress.say(describeLoadEvent(event));
      return EXIT.success;
    },
  });
}

type LoadSource =
  | {
      readonly stream: Readable;
      /** Undefined for what is piped in. */
      readonly sizeBytes: number | undefined;
    }
  | { readonly folder: string };

async function openSource(context: CliContext, input: string | undefined): Promise<LoadSource> {
  if (input === undefined || input === '-') return { stream: context.stdin, sizeBytes: undefined };
  const path = resolve(context.cwd, input);
  try {
    const handle = await open(path);
    const found = await handle.stat();
    if (!found.isDirectory()) return { stream: handle.createReadStream(), sizeBytes: found.isFile() ? found.size : undefined };
    await handle.close();
    return { folder: path };
  } catch (error) {
    const reason = systemCodeOf(error) === 'ENOENT' ? 'no such file or directory' : messageOf(error);
    throw cliError('FILE_UNREADABLE', `open ${input}: ${reason}`, { cause: error });
  }
}
