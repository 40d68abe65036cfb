import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { expect, it } from 'vitest';
import { LineWriter } from './line-writer.ts';

it('LineWriter.flush() resolves with every line written, in order', async () => {
  await withTempFolder(async (folder) => {
    const file = join(folder, 'log');
    const descriptor = openSync(file, 'w');
    const writer = new LineWriter({ descriptor });
    const lines = Array.from({ length: 5000 }, (_, index) => `{"line":${index}}\n`);
    for (const line of lines) writer.write(line);
    await writer.flush(10_000);
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });
});

it('LineWriter.flush() resolves when the reader is gone', async () => {
  const script = `
    import { LineWriter } from ${JSON.stringify(new URL('./line-writer.ts', import.meta.url).href)};
    const writer = new LineWriter({ descriptor: 1 });
    process.stdin.once('data', async () => {
      for (let index = 0; index < 1000; index += 1) writer.write('lost\\n');
      await writer.flush(60_000);
      process.exit(7);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.destroy();
  child.stdin.write('go');
  const [code] = await once(child, 'exit');
  expect(code).toBe(7);
});

it('LineWriter.write() drops lines beyond its limit while the reader does not keep up, and flush() ends in time', async () => {
  const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  await once(socket, 'connect');
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor = typeof handle === 'object' && handle !== null ? Number(Reflect.get(handle, 'fd')) : -1;
  const writer = new LineWriter({ descriptor, maxWaiting: 100_000 });
  const line = `${'x'.repeat(999)}\n`;
  for (let index = 0; index < 20_000; index += 1) writer.write(line);
  await writer.flush(200);
  socket.destroy();
  server.close();
  await expect(writer.flush(5000)).resolves.toBeUndefined();
});
