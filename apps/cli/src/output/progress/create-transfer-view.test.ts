import { FakeClock } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { TerminalScreen } from '../../testing/terminal-screen.ts';
import { CollectingStream } from '../../testing/test-terminal.ts';
import { createTransferView } from './create-transfer-view.ts';

function openScreen({ columns = 80, rows = 24 } = {}) {
  const screen = new TerminalScreen(columns, rows);
  const clock = new FakeClock();
  return { screen, clock, view: createTransferView({ output: screen, clock }) };
}

describe('createTransferView() on a terminal', () => {
  it('redraws a line a layer in place', async () => {
    const { screen, clock, view } = openScreen();
    view.say('latest: Pulling from library/app');
    view.update('aaa', { kind: 'pulling' });
    view.update('bbb', { kind: 'waiting' });
    await clock.advance(100);
    expect(screen.text).toBe('latest: Pulling from library/app\naaa: Pulling fs layer\nbbb: Waiting');
    view.update('aaa', { kind: 'downloading', doneBytes: 500, totalBytes: 1000 });
    await clock.advance(100);
    expect(screen.text).toBe(
      `latest: Pulling from library/app\naaa: Downloading [${'='.repeat(23)}>${' '.repeat(24)}]    500B/1kB\nbbb: Waiting`,
    );
    view.update('aaa', { kind: 'pulled' });
    view.update('bbb', { kind: 'exists' });
    view.say('Status: done');
    view[Symbol.dispose]();
    expect(screen.text).toBe('latest: Pulling from library/app\naaa: Pull complete\nbbb: Already exists\nStatus: done');
    expect(screen.cursor).toEqual({ row: 4, column: 0 });
  });

  it('shows how fast it goes, and that it stalls', async () => {
    const { screen, clock, view } = openScreen({ columns: 50 });
    for (let tick = 0; tick <= 20; tick += 1) {
      view.update('aaa', { kind: 'downloading', doneBytes: tick * 100_000, totalBytes: 9_000_000 });
      await clock.advance(100);
    }
    expect(screen.text).toBe('aaa: Downloading [==>        ]     2MB/9MB  1MB/s');
    await clock.advance(10_000);
    expect(screen.text).toBe('aaa: Downloading [==>         ]     2MB/9MB  0B/s');
    view[Symbol.dispose]();
    expect(screen.text).toBe('aaa: Downloading [===>              ]     2MB/9MB');
    expect(clock.sleeping).toBe(0);
  });

  it('draws at most fifteen times a second, each frame in one write, and the last state always', async () => {
    const { screen, clock, view } = openScreen();
    for (let ms = 0; ms < 1000; ms += 1) {
      view.update('aaa', { kind: 'downloading', doneBytes: ms, totalBytes: 1000 });
      await clock.advance(1);
    }
    expect(screen.writes.length).toBeGreaterThan(10);
    expect(screen.writes.length).toBeLessThanOrEqual(16);
    view.update('aaa', { kind: 'downloaded' });
    await clock.advance(100);
    expect(screen.text).toBe('aaa: Download complete');
    for (const frame of screen.writes) {
      expect([frame.startsWith('\u001b[?2026h'), frame.endsWith('\u001b[?2026l')]).toEqual([true, true]);
    }
    view[Symbol.dispose]();
  });

  it('shows a window when there are too many layers, and all of them in the end', async () => {
    const { screen, clock, view } = openScreen({ rows: 6 });
    for (let layer = 0; layer < 20; layer += 1) view.update(`l${layer}`, { kind: 'waiting' });
    view.update('l15', { kind: 'extracting', doneBytes: 1, totalBytes: 0 });
    await clock.advance(100);
    const head = 'l0: Waiting\nl1: Waiting\nl2: Waiting\n';
    expect(screen.text).toBe(`${head}l15: Extracting      1B\n20 layers: 0 done, 1 active, 19 waiting`);
    for (let layer = 0; layer < 20; layer += 1) view.update(`l${layer}`, { kind: 'pulled' });
    await clock.advance(100);
    expect(screen.text).toMatch(/20 layers: 20 done, 0 active, 0 waiting$/);
    view[Symbol.dispose]();
    expect(screen.text).toBe(Array.from({ length: 20 }, (_, layer) => `l${layer}: Pull complete`).join('\n'));
  });

  it.each([
    [30, 24],
    [200, 50],
    [40, 12],
  ])('leaves nothing behind when the terminal becomes %i by %i', async (columns, rows) => {
    const { screen, clock, view } = openScreen();
    view.say('above');
    for (const id of ['aaa', 'bbb', 'ccc', 'ddd', 'eee']) view.update(id, { kind: 'downloading', doneBytes: 1, totalBytes: 2 });
    await clock.advance(100);
    screen.resize(columns, rows);
    await clock.advance(100);
    for (const line of screen.text.split('\n')) expect(line.length).toBeLessThan(columns);
    for (const id of ['aaa', 'bbb', 'ccc', 'ddd', 'eee']) view.update(id, { kind: 'pulled' });
    view[Symbol.dispose]();
    expect(screen.text).toBe(`above\n${['aaa', 'bbb', 'ccc', 'ddd', 'eee'].map((id) => `${id}: Pull complete`).join('\n')}`);
  });

  it('takes away what Ctrl-C wrote, and never hides the cursor', async () => {
    const { screen, clock, view } = openScreen();
    view.update('aaa', { kind: 'downloading', doneBytes: 1, totalBytes: 2 });
    await clock.advance(100);
    screen.write('^C');
    view[Symbol.dispose]();
    expect(screen.text).not.toContain('^C');
    expect(screen.cursor).toEqual({ row: 1, column: 0 });
    expect(screen.writes.join('')).not.toContain('?25');
  });

  it('writes nothing more once it is disposed', async () => {
    const { screen, clock, view } = openScreen();
    view.update('aaa', { kind: 'waiting' });
    view[Symbol.dispose]();
    const { length } = screen.writes;
    view.update('aaa', { kind: 'pulled' });
    view.say('late');
    screen.resize(10, 10);
    view[Symbol.dispose]();
    await clock.advance(5000);
    expect(screen.writes.length).toBe(length);
    expect(screen.listenerCount('resize')).toBe(0);
    expect(clock.sleeping).toBe(0);
  });

  it('says a line above what is on its way', async () => {
    const { screen, clock, view } = openScreen();
    view.update('aaa', { kind: 'waiting' });
    view.say('warning');
    await clock.advance(100);
    expect(screen.text).toBe('warning\naaa: Waiting');
    view[Symbol.dispose]();
  });

  it('begins anew behind layers that are done', async () => {
    const { screen, clock, view } = openScreen();
    for (const tag of ['one', 'two']) {
      view.say(`${tag}: Pulling`);
      view.update('aaa', { kind: 'waiting' });
      await clock.advance(100);
      view.update('aaa', { kind: 'exists' });
      view.say(`${tag}: done`);
    }
    view[Symbol.dispose]();
    expect(screen.text).toBe('one: Pulling\naaa: Already exists\none: done\ntwo: Pulling\naaa: Already exists\ntwo: done');
  });

  it('lets no text steer the terminal', () => {
    const { screen, view } = openScreen();
    view.say('a\u001b[2Jb\nc');
    view.update('x\u001b[A', { kind: 'mounted', from: 'y\n\u001b[B' });
    view[Symbol.dispose]();
    expect(screen.text).toBe('a\ufffd[2Jb\ufffdc\nx\ufffd[A: Mounted from y\ufffd\ufffd[B');
  });

  it('writes nothing when nothing happened', () => {
    const { screen, view } = openScreen();
    view[Symbol.dispose]();
    expect(screen.writes).toEqual([]);
  });
});

describe('createTransferView() into a pipe', () => {
  it('writes a line for each new state, without bars', () => {
    const output = new CollectingStream();
    using view = createTransferView({ output, clock: new FakeClock() });
    view.say('latest: Pulling from library/app');
    view.update('aaa', { kind: 'pulling' });
    view.update('aaa', { kind: 'pulling' });
    view.update('aaa', { kind: 'downloading', doneBytes: 1, totalBytes: 2 });
    view.update('aaa', { kind: 'downloaded' });
    view.update('aaa', { kind: 'extracting', doneBytes: 1, totalBytes: 2 });
    view.update('aaa', { kind: 'pulled' });
    view.say('Status: done');
    view.update('aaa', { kind: 'pulled' });
    expect(output.text).toBe(
      [
        'latest: Pulling from library/app',
        'aaa: Pulling fs layer',
        'aaa: Download complete',
        'aaa: Pull complete',
        'Status: done',
        'aaa: Pull complete',
        '',
      ].join('\n'),
    );
  });

  it('writes nothing when quiet', () => {
    const output = new CollectingStream();
    using view = createTransferView({ output, clock: new FakeClock(), isQuiet: true });
    view.say('x');
    view.update('aaa', { kind: 'pulled' });
    expect(output.text).toBe('');
  });
});
