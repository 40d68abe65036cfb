import { mkdir } from 'node:fs/promises';
import { ALL_CASES } from '/work/main/bench/cases/all-cases.ts';
import { startDistribution } from '/work/main/bench/servers/distribution.ts';
import { openWorkFolder } from '/work/main/bench/work-folder.ts';

const signal = new AbortController().signal;
for (const name of process.argv.slice(2)) {
  await using folder = await openWorkFolder(process.env.BF ?? '/work/main/.cache');
  await mkdir(folder.path + '/scratch');
  await using server = await startDistribution({ folder: folder.path + '/d', signal });
  const item = ALL_CASES.find((c) => c.name === name)!;
  const t = Date.now();
  const run = await item.prepare({ server, folder: folder.path + '/scratch', signal });
  console.log(name, 'prepare', Date.now() - t);
  for (let i = 0; i < 2; i++) console.log(name, await run());
}
