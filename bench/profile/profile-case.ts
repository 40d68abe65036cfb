import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@slipway/testkit';
import type { MemoryCase, ThroughputCase } from '../bench-case.ts';
import { startSlipway } from '../servers/slipway.ts';
import { RESULTS_FOLDER } from '../write-results.ts';
import { openInspector } from './inspector.ts';
import { type CpuProfile, selfTimesOf } from './self-times.ts';
import { readThreadTimes, subtractThreadTimes } from './thread-times.ts';

export interface ProfileOptions {
  readonly folder: string;
  readonly nodeOptions: readonly string[];
  readonly signal: AbortSignal;
}

const FUNCTIONS = 30;
const INTERVAL_MICROSECONDS = 200;

/** Profiles one run of the case on our server, preparations excluded, prints where the time went and keeps the profile for a viewer. */
export async function profileCase(item: ThroughputCase | MemoryCase, options: ProfileOptions): Promise<void> {
  const scratch = join(options.folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  const inspectorPort = await freePort();
  const nodeOptions = [`--inspect=127.0.0.1:${inspectorPort}`, ...options.nodeOptions];
  await using server = await startSlipway({ folder: join(options.folder, 'slipway'), signal: options.signal, nodeOptions });
  const context = { server, folder: scratch, signal: options.signal };
  const run = item.kind === 'memory' ? () => item.measure(context) : await item.prepare(context);
  using inspector = await openInspector(inspectorPort);
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS });
  const before = await readThreadTimes(server.pid);
  await inspector.call('Profiler.start');
  const outcome = await run();
  const { profile } = (await inspector.call('Profiler.stop')) as { readonly profile: CpuProfile };
  const threads = subtractThreadTimes(await readThreadTimes(server.pid), before);
  await mkdir(RESULTS_FOLDER, { recursive: true });
  const file = join(RESULTS_FOLDER, `${item.name}.cpuprofile`);
  await writeFile(file, JSON.stringify(profile));
  const figure = typeof outcome === 'number' ? outcome : outcome.amount / outcome.seconds;
  console.log(`${item.title}: ${figure.toPrecision(4)} ${item.kind === 'memory' ? 'MB' : item.unit} under the profiler\n`);
  console.log('Self time in the main thread; it is also idle while the load prepares itself:');
  for (const { name, milliseconds, share } of selfTimesOf(profile).slice(0, FUNCTIONS)) {
    console.log(`${milliseconds.toFixed(0).padStart(8)} ms ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
  console.log('\nProcessor time by thread:');
  for (const { id, name, userMs, systemMs } of threads) {
    console.log(`${String(userMs).padStart(8)} ms user ${String(systemMs).padStart(8)} ms system  ${name} ${id}`);
  }
  console.log(`\nThe whole profile: ${file}`);
}
