// Bundles the command line and the server into dist/, which bin/slipway prefers while it is newer than every source.
// A bundle starts in a third of the time and takes 60 MB less memory: no types to strip, no hundreds of files to find.
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const target = join(root, 'dist');
const fresh = join(root, `.cache/dist-${process.pid}`);

// What changes while the bundle is made counts as newer than it.
const startedAt = new Date();

const ENTRIES: Readonly<Record<string, string>> = {
  cli: 'apps/cli/src/main.ts',
  'database-writer': 'apps/server/src/database-writer.ts',
  'hash-worker': 'apps/server/src/hash-worker.ts',
  'snapshot-worker': 'apps/cli/src/snapshot-worker.ts',
  'compress-worker': 'packages/oci/src/node/compression/compress-worker.ts',
};

// One at a time: entries of one bundle share their modules, and who imports a worker's would start the worker's work.
for (const [name, file] of Object.entries(ENTRIES)) {
  const bundle = await rolldown({
    cwd: root,
    input: { [name]: file },
    platform: 'node',
    // Native modules stay where npm put them.
    external: [/^@node-rs\//, /^koffi$/],
    logLevel: 'warn',
  });
  await bundle.write({ dir: fresh, format: 'esm', entryFileNames: '[name].js', chunkFileNames: `${name}-[name]-[hash].js` });
  await bundle.close();
}
await writeFile(join(fresh, 'package.json'), '{ "type": "module" }\n');
await writeFile(join(fresh, 'made'), '');
await utimes(join(fresh, 'made'), startedAt, startedAt);

// Not atomic, and need not be: without dist/made the sources run.
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
