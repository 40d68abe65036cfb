import { readFileSync } from 'node:fs';
import type { DiffInput, DiffOutcome } from '../diff-job.ts';
import { diffLayer } from '../diff-layer.ts';

/** Makes a layer and reads it back. */
export async function layerOf(
  source: DiffInput['source'],
  output: string,
  rest: Partial<DiffInput> = {},
): Promise<{ readonly outcome: DiffOutcome; readonly bytes: Buffer }> {
  const input = { source, output, compression: { kind: 'none' as const }, ...rest };
  const outcome = await diffLayer(input, { signal: new AbortController().signal, progress: () => undefined });
  return { outcome, bytes: readFileSync(output) };
}

export async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}
