import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { type Engine, openEngine } from '@slipway/engine';
import { parseReference, withDefaultTag } from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { CACHE_FOLDER } from '../e2e/peers/unpack-packages.ts';
import { openSlipwayClient } from './clients/slipway-client.ts';
import { median } from './median.ts';
import { timeCommand } from './time-command.ts';
import { openWorkFolder } from './work-folder.ts';

// `node bench/start.ts` (after `sh tools/bundle.sh`): how long short commands take from their start to their end, by the clock on the wall.

const IMAGES = 200;
const RUNS = 31;
const COMMANDS = [
  { args: ['version'], ceilingMs: 60 },
  { args: ['images'], ceilingMs: 120 },
] as const;

await using folder = await openWorkFolder(CACHE_FOLDER);
const client = openSlipwayClient(folder.path);
const worker = new URL('../apps/cli/src/snapshot-worker.ts', import.meta.url);
{
  const options = { home: join(folder.path, 'home'), clock: systemClock, searchPath: process.env['PATH'] ?? '', worker };
  await using engine = await openEngine(options);
  await addImages(engine);
}
for (const { args, ceilingMs } of COMMANDS) {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) times.push(await timeCommand(args, client.env));
  const [least, middle] = [Math.min(...times.slice(1)), median(times.slice(1))];
  console.log(
    `slipway ${args.join(' ')}: ${middle.toFixed(0)} ms (best ${least.toFixed(0)}), ${middle <= ceilingMs ? 'met' : 'above'}: <= ${ceilingMs} ms`,
  );
}

/** Each with two names and eight layers, half of which all of them have. */
async function addImages(engine: Engine): Promise<void> {
  await using lease = await engine.leases.open('bench');
  for (let image = 0; image < IMAGES; image++) {
    const layers = Array.from({ length: 8 }, (_, layer) => digestBytes(Buffer.from(layer < 4 ? `${layer}` : `${image}-${layer}`)));
    const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: layers } };
    const stored = await engine.content.put(Buffer.from(JSON.stringify(config)), { lease });
    const names = [`app-${image}`, `localhost:5000/team/app:${image}`].map((name) => withDefaultTag(parseReference(name)));
    const layerSizes = new Map(layers.map((layer, position) => [layer, position * 1000] as const));
    await engine.images.add({ lease, config: stored, manifests: [], names, digests: [], layerSizes });
  }
}
