import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completeLock, type LockFile } from './lock/complete-lock.ts';
import { ROOT } from './root.ts';

// `npm run lock`, after npm install changed package-lock.json: makes it whole where npm's registry lacked packages of other platforms.
const path = join(ROOT, 'package-lock.json');
const lock = JSON.parse(await readFile(path, 'utf8')) as LockFile;
const { added, left } = completeLock(lock);
await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added.length} optional packages of other platforms added.`);
for (const { from, name, version } of left)
  console.warn(`Cannot add "${name}" ${version}, which ${from} names: its name tells no platform.`);
process.exitCode = left.length === 0 ? 0 : 1;
