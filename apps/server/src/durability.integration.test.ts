import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobOf, buildImage, createRegistryApi, openTempFolder, pushBlob, randomBlob } from '@slipway/testkit';
import { describe, expect, test } from 'vitest';
import { startServer } from './testing/start-server.ts';

const canTrace = isTracingPermitted();
const SYSTEM_CALLS = 'fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg,pwrite64';

function isTracingPermitted(): boolean {
  try {
    execFileSync('strace', ['-f', '-e', 'trace=none', 'true'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** The calls that matter, one line each in the order in which they returned. */
function parseTrace(text: string): string[] {
  const begun = new Map<string, string>();
  const calls: string[] = [];
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (rest.endsWith('<unfinished ...>')) begun.set(thread, rest.slice(0, -'<unfinished ...>'.length));
    else if (resumed !== null) calls.push((begun.get(thread) ?? '') + (resumed[1] ?? ''));
    else if (rest !== '') calls.push(rest);
  }
  return calls;
}

/** Where the first call that matches stands, behind `after`. */
function indexOf(calls: readonly string[], pattern: RegExp, after = -1): number {
  return calls.findIndex((call, index) => index > after && pattern.test(call));
}

describe.skipIf(!canTrace)(`a 201 is durable${canTrace ? '' : ' (skipped: strace is missing or tracing is not permitted here)'}`, () => {
  test('file, name and record are on disk before the 201 of a blob and of a manifest leaves', async () => {
    await using folder = await openTempFolder();
    const trace = join(folder.path, 'trace');
    const under = ['strace', '-f', '-y', '-s', '64', '-o', trace, '-e', `trace=${SYSTEM_CALLS}`, '--'];
    await using server = await startServer({ under });
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    const image = buildImage({ layers: [[{ path: 'hello', content: 'hello\n' }]] });
    const blob = blobOf(randomBlob(300_000));
    await pushBlob(api, 'admin/app', blob);
    await api.pushImage('admin/app', 'v1', image);
    api.close();
    // The tracer runs the server as its child: the signal has to reach that.
    const serverId = Number(execFileSync('pgrep', ['--parent', String(server.pid)], { encoding: 'utf8' }));
    process.kill(serverId, 'SIGTERM');
    expect((await server.exited).code).toBe(0);
    const calls = parseTrace(await readFile(trace, 'utf8'));

    const hex = blob.descriptor.digest.slice('sha256:'.length);
    const wal = /^(?:fsync|fdatasync)\(\d+<[^>]*slipway\.db-wal>\)\s*= 0/;
    const created = /^(?:write|writev|sendto|sendmsg)\(\d+<(?:socket|TCP).*HTTP\/1\.1 201 /;
    const renamed = indexOf(calls, new RegExp(`^rename\\w*\\(.*"[^"]*/uploads/[^"]*".*"[^"]*/blobs/sha256/\\w\\w/${hex}".*= 0`));
    expect(renamed).toBeGreaterThan(0);
    const upload = /"[^"]*\/uploads\/([\w-]+)"/.exec(calls[renamed] ?? '')?.[1] ?? '';
    const fileSynced = indexOf(calls, new RegExp(`^(?:fsync|fdatasync)\\(\\d+<[^>]*/uploads/${upload}>\\)\\s*= 0`));
    const folderSynced = indexOf(
      calls,
      new RegExp(`^(?:fsync|fdatasync)\\(\\d+<[^>]*/blobs/sha256/${hex.slice(0, 2)}>\\)\\s*= 0`),
      renamed,
    );
    const linked = indexOf(calls, wal, folderSynced);
    const answered = indexOf(calls, created);
    const order = [fileSynced, renamed, folderSynced, linked, answered];
    expect(Math.min(...order)).toBeGreaterThanOrEqual(0);
    expect(order).toEqual(order.toSorted((a, b) => a - b));

    // Blob, layer, config, manifest: each has a sync of the log to itself, between the answer before it and its own.
    const answers = calls.flatMap((call, index) => (created.test(call) ? [index] : []));
    expect(answers).toHaveLength(4);
    for (const [number, answer] of answers.entries()) {
      const synced = indexOf(calls, wal, answers[number - 1] ?? -1);
      expect(synced).toBeGreaterThanOrEqual(0);
      expect(synced, `answer ${number}`).toBeLessThan(answer);
    }
  });
});
