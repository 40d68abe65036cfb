import { mkdir } from 'node:fs/promises';
import { ALL_CASES } from './cases/all-cases.ts';
import { startSlipway } from './servers/slipway.ts';
import { openWorkFolder } from './work-folder.ts';
import { readThreadTimes, subtractThreadTimes } from './profile/thread-times.ts';
const signal = new AbortController().signal;
const item = ALL_CASES.find((c) => c.name === process.argv[2])!;
for (const opts of process.argv.slice(3)) {
  await using folder = await openWorkFolder('/dev/shm');
  await mkdir(`${folder.path}/scratch`);
  await using server = await startSlipway({ folder: `${folder.path}/d`, signal, nodeOptions: opts === '' ? [] : opts.split(' ') });
  const run = await item.prepare({ server, folder: `${folder.path}/scratch`, signal });
  const before = await readThreadTimes(server.pid);
  const figures = [await run(), await run(), await run()];
  const used = subtractThreadTimes(await readThreadTimes(server.pid), before).reduce((m, t) => m.set(t.name, (m.get(t.name) ?? 0) + t.userMs + t.systemMs), new Map<string, number>());
  console.log(item.name, `[${opts}]`, figures.map(Math.round).join(' '), JSON.stringify(Object.fromEntries(used)));
}
