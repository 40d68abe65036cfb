/*
 * Does what commands do, in a process of its own, until it is killed: busy-command.ts <home> <seed>. Writes a line for every name that it gave to an image and will
 * not take away again.
 */
import { parseReference } from '@slipway/oci';
import { addTestImageUnder, openTestHome, type TestHome } from '../../images/testing/open-test-home.ts';
import { makeSnapshotFolder } from '../../snapshots/snapshot-folders.ts';
import { insertActive } from '../../snapshots/snapshot-rows.ts';
import { randomId } from '../../state/random-id.ts';

const [path = '', seed = ''] = process.argv.slice(2);

await using at = await openTestHome(path);
process.stdout.write('ready\n');
for (let round = 0; ; round++) {
  await at.cleanUp();
  await addAndKeep(at, round);
  await addAndRemove(at, round);
  await at.collect();
}

async function addAndKeep(at: TestHome, round: number): Promise<void> {
  await using lease = await at.leases.open('pull');
  const name = `keep-${seed}:${round}`;
  await unpackSomething(at, lease);
  const image = await addTestImageUnder(at, lease, {
    layers: ['shared', `${seed} ${round}`],
    names: [parseReference(name)],
    hasIndex: true,
  });
  process.stdout.write(`kept ${name} ${image.id}\n`);
}

async function addAndRemove(at: TestHome, round: number): Promise<void> {
  const name = `gone-${seed}:${round}`;
  await using lease = await at.leases.open('load');
  const image = await addTestImageUnder(at, lease, { layers: ['shared', 'of all', `${round % 3}`], names: [parseReference(name)] });
  await at.images.tag(image.id, parseReference(`also-${seed}:${round}`));
  const file = await at.content.createFile({ lease });
  await at.images.remove(name);
  await file.cancel();
  await at.images.remove(`also-${seed}:${round}`);
}

async function unpackSomething(at: TestHome, lease: Awaited<ReturnType<TestHome['leases']['open']>>): Promise<void> {
  const id = randomId();
  await lease.holdSnapshot(id);
  await at.state.write((tx) => insertActive(tx, { id, medium: 'copy', createdAtMs: at.clock.now() }));
  makeSnapshotFolder(at.home, id);
}
