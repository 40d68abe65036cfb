import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTree } from '../unpack/testing/read-tree.ts';
import { ALONE, fileMember, folderMember, linkMember, openUnpackCase, type UnpackCase } from '../unpack/testing/unpack-case.ts';
import { SnapshotWorkers, type WorkerNamespace } from './snapshot-workers.ts';

const WORKER = new URL('./testing/worker-entry.ts', import.meta.url);
const NOBODY = 65_534;
const LARGE = 'x'.repeat(3_000_000);

let layer: UnpackCase;
beforeEach(() => {
  // On a filesystem that overlay's upper folder may lie on.
  layer = openUnpackCase('/dev/shm');
});
afterEach(() => layer[Symbol.dispose]());

function openWorkers(namespace: WorkerNamespace, count = 1): SnapshotWorkers {
  return new SnapshotWorkers({ worker: WORKER, count, namespace, searchPath: process.env['PATH'] ?? '' });
}

describe('SnapshotWorkers', () => {
  it('unpacks in a process of its own, small layers and large ones, one after the other', async () => {
    await using workers = openWorkers('mount');
    const seen: number[] = [];
    for (const [name, content] of [
      ['small', 'x'],
      ['large', LARGE],
    ] as const) {
      const blob = await layer.write([fileMember(name, content, { mode: 0o666 })]);
      const input = { blob, isGrowing: false, folder: layer.folder, mode: 'onto' } as const;
      const outcome = await workers.run('unpack', input, { onProgress: ({ doneBytes }) => seen.push(doneBytes) });
      expect(outcome).toMatchObject({ kind: 'unpacked', fileBytes: content.length, digests: { sizeBytes: blob.sizeBytes } });
      expect(readFileSync(join(layer.folder, name), 'utf8')).toBe(content);
    }
    expect(readTree(layer.folder).get('small')?.mode).toBe(0o666);
    expect(seen.length).toBeGreaterThan(0);
  });

  it('passes errors on as they are and goes on after them', async () => {
    await using workers = openWorkers('none');
    const bad = layer.writeBytes(
      gzipSync(Buffer.concat([Buffer.from(LARGE), Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))])),
    );
    const input = { blob: bad, isGrowing: false, folder: layer.folder, mode: 'onto' } as const;
    await expect(workers.run('unpack', input)).rejects.toMatchObject({ name: 'AppError', kind: 'invalid', code: 'TAR_INVALID' });
    const big = await layer.write([folderMember('x/'), fileMember('missing/y', LARGE)]);
    expect(await workers.run('unpack', { ...input, ...ALONE, blob: big })).toMatchObject({ kind: 'needs-parent', path: 'missing' });
    truncateSync(big.path, 2_000_000);
    await expect(workers.run('unpack', { ...input, blob: big })).rejects.toMatchObject({ code: 'UNPACK_BLOB_SHORT' });
    const good = await layer.write([fileMember('y', LARGE)]);
    expect(await workers.run('unpack', { ...input, blob: good })).toMatchObject({ kind: 'unpacked' });
  });

  it('stops at once when aborted, while a blob grows, and while jobs wait', async () => {
    await using workers = openWorkers('none');
    for (const grows of [1, 2_000_000]) {
      const abort = new AbortController();
      const blob = { path: layer.writeBytes(Buffer.alloc(0)).path, sizeBytes: grows };
      const running = workers.run('unpack', { blob, isGrowing: true, folder: layer.folder, mode: 'onto' }, { signal: abort.signal });
      const waiting = workers.run('unpack', { blob, isGrowing: true, folder: layer.folder, mode: 'onto' }, { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 300);
      await Promise.all([running, waiting].map((run) => expect(run).rejects.toThrow('enough')));
    }
    const blob = await layer.write([fileMember('y', LARGE)]);
    expect(await workers.run('unpack', { blob, isGrowing: false, folder: layer.folder, mode: 'onto' })).toMatchObject({ kind: 'unpacked' });
  });

  it('says why a process can not start or went away', async () => {
    await using workers = new SnapshotWorkers({
      worker: new URL('./testing/no-such-file.ts', WORKER),
      count: 1,
      namespace: 'none',
      searchPath: '',
    });
    const input = { blob: { path: '/dev/null', sizeBytes: 0 }, isGrowing: false, folder: layer.folder, mode: 'onto' } as const;
    await expect(workers.run('unpack', input)).rejects.toMatchObject({ code: 'WORKER_FAILED' });
    await workers[Symbol.asyncDispose]();
    await expect(workers.run('unpack', input)).rejects.toMatchObject({ code: 'WORKER_CLOSED' });
  });

  it('starts another process when one was killed while it had nothing to do', async () => {
    await using workers = openWorkers('none');
    await workers.run('measureTree', { folder: layer.folder });
    const pid = await untilChild({ pid: process.pid });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    await sleep(300);
    expect(await workers.run('measureTree', { folder: layer.folder })).toMatchObject({ entries: 0 });
  });

  it('ends what runs when it is disposed of', async () => {
    const workers = openWorkers('none', 2);
    const blob = { path: layer.writeBytes(Buffer.alloc(0)).path, sizeBytes: 5_000_000 };
    const running = workers.run('unpack', { blob, isGrowing: true, folder: layer.folder, mode: 'onto' });
    const ending = sleep(300).then(async () => await workers[Symbol.asyncDispose]());
    await expect(running).rejects.toMatchObject({ code: 'WORKER_FAILED' });
    await ending;
  });
});

describe('unpack() through overlay', () => {
  it('leaves whiteouts, opaque folders and copies to the kernel, and nothing mounted', async () => {
    await using workers = openWorkers('mount');
    const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(layer.base, name)) as [string, string, string];
    for (const folder of [lower, upper, work]) mkdirSync(folder);
    const below = [
      fileMember('d/old', ''),
      fileMember('d/gone', ''),
      folderMember('t/', { mode: 0o1777, uid: 4 }),
      fileMember('o/x', ''),
      fileMember('l', 'text'),
    ];
    await layer.run(below, { folder: lower });
    const blob = await layer.write([
      fileMember('d/.wh.gone', ''),
      fileMember('t/new', 'n'),
      fileMember('.wh.o', ''),
      folderMember('o/'),
      linkMember('hardlink', ['second', 'l']),
    ]);
    const overlay = { xattrs: 'trusted' } as const;
    const input = { blob, isGrowing: false, folder: upper, mode: 'onto', overlay, lowers: [lower], workFolder: work } as const;
    expect(await workers.run('unpack', input)).toMatchObject({ kind: 'unpacked' });
    const tree = readTree(upper);
    expect([...tree.keys()]).toEqual(['', 'd', 'd/gone', 'l', 'o', 'second', 't', 't/new']);
    expect(tree.get('d/gone')).toMatchObject({ kind: 'character-device', device: '0:0' });
    expect(tree.get('t')).toMatchObject({ mode: 0o1777, uid: 4, mtimeNs: 1_000_000_000_000n });
    expect(tree.get('o')?.xattrs).toMatchObject({ 'trusted.overlay.opaque': 'y' });
    expect(tree.get('second')).toMatchObject({ sameAs: 'l', content: 'text' });
    expect(existsSync(join(layer.base, 'merged'))).toBe(false);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(layer.base);
  });
});

describe('unpack() through overlay of many layers', () => {
  it('mounts as many as an image may have', async () => {
    await using workers = openWorkers('mount');
    const snapshots = join(layer.base, 'a-home-with-a-name-of-some-length', 'snapshots');
    const lowers = Array.from({ length: 127 }, (_, at) => join(snapshots, 'l', `layer${at}`));
    const [upper, work] = [join(snapshots, 'id', 'fs'), join(snapshots, 'id', 'work')];
    for (const folder of [...lowers, upper, work]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(lowers.at(-1) ?? '', 'lowest'), 'text');
    const blob = await layer.write([linkMember('hardlink', ['second', 'lowest'])]);
    const overlay = { xattrs: 'trusted' } as const;
    const input = { blob, isGrowing: false, folder: upper, mode: 'onto', overlay, lowers, workFolder: work } as const;
    expect(await workers.run('unpack', input)).toMatchObject({ kind: 'unpacked' });
    expect(readFileSync(join(upper, 'second'), 'utf8')).toBe('text');
  });
});

describe('dropWhiteouts()', () => {
  it('keeps times before the epoch', async () => {
    const folder = folderMember('d/', { mtimeSeconds: -2, mtimeNanoseconds: 500_000_000 });
    const outcome = await layer.run([folder, fileMember('d/.wh.x')], ALONE);
    const whiteouts = outcome.kind === 'unpacked' ? outcome.whiteouts : [];
    const input = { folder: layer.folder, whiteouts, lowers: [], scratch: layer.folder, xattrs: 'trusted' } as const;
    await using workers = openWorkers('none');
    expect(await workers.run('dropWhiteouts', input)).toEqual({ dropped: 1 });
    expect(readTree(layer.folder).get('d')).toMatchObject({ mtimeNs: -1_500_000_000n });
  });
});

describe('unpack() without privileges', () => {
  it('works in a user namespace: owners that it lacks become its own, devices are left out', async () => {
    chmodSync(layer.base, 0o777);
    const blob = await layer.write([
      folderMember('d/', { mode: 0o555 }),
      fileMember('d/mail', 'x', { gid: 8, mode: 0o2755 }),
      { entry: { kind: 'character-device', name: 'd/null', mode: 0o666, mtimeSeconds: 4, deviceMajor: 1, deviceMinor: 3 } },
      fileMember('.wh.gone', ''),
    ]);
    const folder = join(layer.base, 'theirs');
    const input = { blob, isGrowing: false, folder, mode: 'alone', overlay: { xattrs: 'user' } };
    const outcome = JSON.parse(await runAsNobody('user', input, folder)) as { kind: string; skipped: { examples: { what: string }[] } };
    expect(outcome.kind).toBe('unpacked');
    expect(outcome.skipped.examples.map(({ what }) => what)).toEqual(['owner', 'device']);
    const tree = readTree(folder);
    expect(tree.get('d')).toMatchObject({ mode: 0o555, uid: NOBODY });
    expect(tree.get('d/mail')).toMatchObject({ mode: 0o2755, uid: NOBODY, gid: NOBODY });
    expect(tree.get('gone')).toMatchObject({ kind: 'character-device', device: '0:0' });
  });

  it('works without any namespace for the copying snapshotter', async () => {
    chmodSync(layer.base, 0o777);
    const blob = await layer.write([folderMember('d/', { mode: 0o555, uid: 3 }), fileMember('d/x', 'x', { mode: 0o400 })]);
    const folder = join(layer.base, 'theirs');
    const outcome = JSON.parse(await runAsNobody('none', { blob, isGrowing: false, folder, mode: 'onto' }, folder)) as { kind: string };
    expect(outcome.kind).toBe('unpacked');
    expect(readTree(folder).get('d')).toMatchObject({ mode: 0o555, mtimeNs: 1_000_000_000_000n });
    expect(readdirSync(join(folder, 'd'))).toEqual(['x']);
  });
});

describe('a worker process', () => {
  it('ends when the process that started it is killed', async () => {
    const blob = { path: layer.writeBytes(Buffer.alloc(0)).path, sizeBytes: 5_000_000 };
    const input = { blob, isGrowing: true, folder: layer.folder, mode: 'onto' };
    const parent = startRunner(['none', JSON.stringify(input)], []);
    const pid = await untilChild(parent);
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });
});

const RUNNER = new URL('./testing/run-job.ts', import.meta.url).pathname;

function startRunner(parameters: readonly string[], prefix: readonly string[]): ChildProcess {
  const [program = '', ...flags] = [...prefix, process.execPath, RUNNER, ...parameters];
  return spawn(program, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function runAsNobody(namespace: WorkerNamespace, input: object, folder: string): Promise<string> {
  const nobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const child = startRunner([namespace, JSON.stringify(input), folder], nobody);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

async function untilChild({ pid }: { readonly pid?: number | undefined }): Promise<number> {
  for (;;) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (children !== '') return Number(children.split(' ')[0]);
    await sleep(20);
  }
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/status`, 'utf8').includes('State:\tZ');
}
