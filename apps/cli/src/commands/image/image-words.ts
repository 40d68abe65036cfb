import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CliContext } from '../../context.ts';
import { slipwayHome } from '../../slipway-home.ts';
import { familiarTag } from './familiar-name.ts';

/** The names of the images that are here, for the shell's completion; each is offered once. */
export async function imageWords(context: CliContext, operands: readonly string[]): Promise<readonly string[]> {
  // Opening an engine would make the home folder.
  if (!existsSync(join(slipwayHome(context), 'engine.db'))) return [];
  await using engine = await context.openEngine();
  const names = engine.images.list().flatMap((image) => image.names.map(familiarTag));
  return names.filter((name) => !operands.includes(name)).toSorted();
}
