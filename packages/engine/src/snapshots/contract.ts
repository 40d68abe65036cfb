import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, parseDigest } from '@slipway/oci';
import { chainIdsOf } from '@slipway/oci/node';
import { describe, expect, it } from 'vitest';
import type { Home } from '../home.ts';
import type { Lease } from '../leases/lease.ts';
import { listXattrs, setXattr } from '../system/xattrs.ts';
import type { Mount } from './mount.ts';
import type { ActiveSnapshot, Snapshotter } from './snapshotter.ts';

/** A snapshotter in a home of its own. */
export interface OpenedSnapshotter extends AsyncDisposable {
  readonly home: Home;
  readonly snapshotter: Snapshotter;
  openLease(): Promise<Lease>;
  /** Runs a shell script in the mounted tree and returns what it prints; rejects when it fails. */
  run(mounts: readonly Mount[], script: string): Promise<string>;
}

type Open = () => Promise<OpenedSnapshotter>;

/** Everything about a tree but inode numbers and times: kinds, modes, owners, sizes, link counts, targets, contents. */
const LIST = `find . -mindepth 1 \\( -type d -printf '%P d %m %U:%G\\n' -o -printf '%P %y %m %U:%G %s %n %l\\n' \\) | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r cksum`;

/** What every snapshotter promises, as a suite for vitest. */
export function describeSnapshotter(name: string, open: Open): void {
  describe(`${name} snapshotter`, () => {
    describeTrees(open);
    describeLayers(open);
    describeCommits(open);
  });
}

function describeTrees(open: Open): void {
  it('prepare() without layers below gives an empty tree, and view() shows what was committed in it', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const first = await addLayer(opened, lease, [], 'mkdir a; echo one >a/file; chmod 640 a/file; ln -s file a/link; ln a/file a/other');
    expect(await opened.run(await opened.snapshotter.view(first, lease), LIST)).toMatch(
      /^a d 755 0:0\na\/file f 640 0:0 4 2 \na\/link l 777 0:0 4 1 file\na\/other f 640 0:0 4 2 \n/,
    );
  });

  it('view() of no layers is an empty tree', async () => {
    await using opened = await open();
    expect(await opened.run(await opened.snapshotter.view([]), 'ls -A')).toBe('');
  });

  it('view() cannot be written to', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const first = await addLayer(opened, lease, [], 'echo one >file');
    const second = await addLayer(opened, lease, first, 'echo two >other');
    for (const chain of [[], first, second]) {
      await expect(opened.run(await opened.snapshotter.view(chain, lease), 'echo x >file')).rejects.toThrow(/[Rr]ead-only/);
    }
  });

  it('view() shows what a container did to the layers below, and those stay as they were', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const { snapshotter } = opened;
    const base = await addLayer(opened, lease, [], BASE);
    const before = await opened.run(await snapshotter.view(base, lease), LIST);
    for (const [what, script] of Object.entries(CHANGES)) {
      const active = await snapshotter.prepare({ parents: base, lease });
      const expected = await opened.run(active.mounts, `${script}; ${LIST}`);
      expect(expected, what).not.toBe(before);
      const changed = await commit(opened, base, active);
      expect(await opened.run(await snapshotter.view(changed, lease), LIST), what).toBe(expected);
      const above = await snapshotter.prepare({ parents: changed, lease });
      expect(await opened.run(above.mounts, LIST), what).toBe(expected);
      await snapshotter.remove(above);
    }
    expect(await opened.run(await snapshotter.view(base, lease), LIST)).toBe(before);
  });

  it('prepare() gives the root of the tree the mode it has below', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const base = await addLayer(opened, lease, [], 'chmod 1711 .');
    const active = await opened.snapshotter.prepare({ parents: base, lease });
    expect(await opened.run(active.mounts, 'stat -c %a .')).toBe('1711\n');
  });

  it('usage() counts a file with several names once', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const active = await opened.snapshotter.prepare({ parents: [], lease });
    await opened.run(active.mounts, 'mkdir -m 0 closed; head -c 1000 /dev/zero >a; ln a b; echo x >c');
    expect(await opened.snapshotter.usage(active)).toEqual({ sizeBytes: 1002, entries: 4 });
  });
}

function describeLayers(open: Open): void {
  it('view() mounts 140 layers', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    let chain: readonly Digest[] = [];
    for (let layer = 1; layer <= 140; layer++) {
      const active = await opened.snapshotter.prepare({ parents: chain, lease });
      if (layer % 20 === 0) await opened.run(active.mounts, `echo ${layer} >file${layer}`);
      chain = await commit(opened, chain, active);
    }
    expect(await opened.run(await opened.snapshotter.view(chain, lease), 'cat *')).toBe('100\n120\n140\n20\n40\n60\n80\n');
    const active = await opened.snapshotter.prepare({ parents: chain, lease });
    expect(await opened.run(active.mounts, 'rm file20; ls | wc -l')).toBe('6\n');
  }, 120_000);

  it('view() shows a chain that has the same layer twice', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const { snapshotter } = opened;
    const active = await snapshotter.prepare({ parents: [], lease });
    await opened.run(active.mounts, 'echo same >file');
    const layer = randomDigest();
    await snapshotter.commit(active, { diffId: layer, chainId: layer, sizeBytes: 5, isIndependent: true });
    const middle = await addLayer(opened, lease, [layer], 'echo other >file; echo new >new');
    const above = await snapshotter.prepare({ parents: middle, lease });
    await opened.run(above.mounts, 'echo same >file');
    const chain = [...middle, layer];
    await snapshotter.commit(above, { diffId: layer, chainId: lastChainId(chain), sizeBytes: 5, isIndependent: true });
    expect(await opened.run(await snapshotter.view(chain, lease), 'cat file new')).toBe('same\nnew\n');
  });

  it('openChain() says which layers are missing; prepare() and view() refuse them', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const base = await addLayer(opened, lease, [], 'echo one >file');
    const chain = [...base, randomDigest(), randomDigest()];
    const found = opened.snapshotter.openChain(chain);
    expect(found.missing).toEqual([1, 2]);
    expect(found.layers.map((layer) => layer?.key)).toEqual([`chain:${base[0]}`, undefined, undefined]);
    await expect(opened.snapshotter.prepare({ parents: chain, lease })).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' });
    await expect(opened.snapshotter.view(chain)).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' });
  });
}

function describeCommits(open: Open): void {
  it('commit() keeps the first of equal layers, gives both committers the same one and removes the other files', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const { snapshotter, home } = opened;
    const layer = randomDigest();
    const both = await Promise.all([1, 2].map(async () => await snapshotter.prepare({ parents: [], lease })));
    const refs = await Promise.all(
      both.map(async (active) => await snapshotter.commit(active, { diffId: layer, chainId: layer, sizeBytes: 3 })),
    );
    expect(refs[1]).toEqual(refs[0]);
    const [kept] = refs;
    expect(foldersIn(home)).toEqual([kept?.id]);
    expect(readdirSync(home.links)).toHaveLength(1);
    expect(readdirSync(home.trash)).toEqual([]);
  });

  it('commit() refuses a snapshot that was removed', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const active = await opened.snapshotter.prepare({ parents: [], lease });
    await opened.snapshotter.remove(active);
    const layer = randomDigest();
    await expect(opened.snapshotter.commit(active, { diffId: layer, chainId: layer, sizeBytes: 0 })).rejects.toMatchObject({
      code: 'SNAPSHOT_GONE',
    });
  });

  it('remove() leaves nothing, whatever a container left, and does no harm twice', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const { snapshotter, home } = opened;
    const base = await addLayer(opened, lease, [], 'mkdir a; echo one >a/file');
    const active = await snapshotter.prepare({ parents: base, lease });
    await opened.run(
      active.mounts,
      `rm -r a; mkdir -p closed/b; touch closed/b/c "$(printf '\\377\\n')"; chmod 0 closed/b closed; ln -s / root`,
    );
    expect(existsSync(active.folder)).toBe(true);
    await snapshotter.remove(active);
    await snapshotter.remove(active);
    expect(foldersIn(home)).toHaveLength(1);
    expect(readdirSync(home.trash)).toEqual([]);
    expect(readdirSync(home.links)).toHaveLength(1);
  });

  it('prepare() gives files no rights that the folder of the home passes on', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    // As `setfacl --default --modify other::---` makes it: tags, rights, no ids.
    const entries = Buffer.from('01000700ffffffff04000500ffffffff20000000ffffffff', 'hex');
    setXattr(opened.home.snapshots, 'system.posix_acl_default', Buffer.concat([Buffer.from([2, 0, 0, 0]), entries]));
    const active = await opened.snapshotter.prepare({ parents: [], lease });
    expect(listXattrs(active.folder).filter((name) => name.startsWith('system.'))).toEqual([]);
    expect(statSync(active.folder).mode & 0o7777).toBe(0o755);
  });

  it('prepare() leaves nothing when it is aborted', async () => {
    await using opened = await open();
    await using lease = await opened.openLease();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(opened.snapshotter.prepare({ parents: [], lease, signal })).rejects.toThrow('enough');
    expect(foldersIn(opened.home)).toEqual([]);
  });
}

const BASE = `
  mkdir -p folder/below replaced again other; echo one >folder/file; echo two >folder/below/file; echo three >replaced/file; echo four >again/file
  echo five >file; ln file linked; ln -s folder symlink; mkdir -m 1777 tmp; echo six >other/file; chown 7:8 other/file 2>/dev/null || true; : >"$(printf 'odd\\377')"`;

/** What containers do to the tree of `BASE`. */
const CHANGES: Readonly<Record<string, string>> = {
  'a new file': 'echo new >new; echo new >folder/below/new',
  'a changed file': 'echo changed >>folder/file',
  'a removed file': 'rm folder/below/file file',
  'a removed folder': 'rm -r folder',
  'a folder that became a file': 'rm -r replaced; echo file >replaced',
  'a file that became a folder': 'rm file; mkdir file; echo x >file/file',
  'a folder made again': 'rm -r again; mkdir again; echo new >again/new',
  'a folder made again deep below': 'rm -r folder/below; mkdir -m 700 folder/below',
  'a mode alone': 'chmod 4755 file; chmod 700 folder',
  'an owner alone': 'chown 0:0 other/file; chmod 600 other/file',
  'a hardlink to a file below': 'ln folder/file hard; ln folder/below/file again/hard',
  'a renamed file': 'mv folder/file folder/renamed',
  'a symlink that became a folder': 'rm symlink; mkdir symlink; echo x >symlink/file',
  'a folder that became a symlink': 'rm -r folder; ln -s again folder',
  'a removed odd name': 'rm odd*',
  'a removed and made file': 'rm file; echo again >file',
};

async function addLayer(opened: OpenedSnapshotter, lease: Lease, below: readonly Digest[], script: string): Promise<readonly Digest[]> {
  const active = await opened.snapshotter.prepare({ parents: below, lease });
  await opened.run(active.mounts, script);
  return await commit(opened, below, active);
}

async function commit(opened: OpenedSnapshotter, below: readonly Digest[], active: ActiveSnapshot): Promise<readonly Digest[]> {
  const chain = [...below, randomDigest()];
  const diffId = chain.at(-1) ?? randomDigest();
  await opened.snapshotter.commit(active, { diffId, chainId: lastChainId(chain), sizeBytes: 1 });
  return chain;
}

function lastChainId(chain: readonly Digest[]): Digest {
  return chainIdsOf(chain).at(-1) ?? randomDigest();
}

function randomDigest(): Digest {
  return parseDigest(`sha256:${randomBytes(32).toString('hex')}`);
}

function foldersIn(home: Home): string[] {
  return readdirSync(home.snapshots).filter((name) => name.length === 26 && existsSync(join(home.snapshots, name)));
}
