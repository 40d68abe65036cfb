import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from './root.ts';

/** Stands in for npm: notes each call, takes a while, and leaves what npm leaves; fails when there is a file `no-network`. */
const NPM = `#!/bin/sh
echo call >>npm-calls
rm -rf node_modules
sleep 0.3
[ ! -f no-network ] || { echo 'npm error no network'; exit 1; }
mkdir -p node_modules
touch node_modules/.package-lock.json
`;
const WITHOUT_FLOCK = ['cat', 'head', 'mkdir', 'mv', 'rm', 'sh', 'sha256sum', 'sleep', 'touch'];

let root = '';
let bin = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-install-'));
  bin = join(root, 'bin');
  for (const folder of ['bin', 'tools', 'apps/a', 'packages/b']) await mkdir(join(root, folder), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'apps/a/package.json', 'packages/b/package.json']) await write(file, '{}');
  await copyFile(join(ROOT, 'tools/install.sh'), join(root, 'tools/install.sh'));
  await writeProgram('npm', NPM);
  await writeProgram('node', '#!/bin/sh\necho 20.1.0\n');
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await writeFile(join(root, path), text);
}

async function writeProgram(name: string, text: string): Promise<void> {
  await writeFile(join(bin, name), text);
  await chmod(join(bin, name), 0o755);
}

interface Run {
  readonly exitCode: number | null;
  readonly errors: string;
}

async function install(path = `${bin}${delimiter}${process.env.PATH ?? ''}`): Promise<Run> {
  const child = spawn('sh', [join(root, 'tools/install.sh')], { env: { PATH: path }, stdio: ['ignore', 'inherit', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  return { exitCode: await promise, errors };
}

async function npmCalls(): Promise<number> {
  return (await readFile(join(root, 'npm-calls'), 'utf8')).split('\n').length - 1;
}

/** A PATH with nothing but the stand-ins and what the script needs when there is no flock. */
async function pathWithoutFlock(): Promise<string> {
  for (const name of WITHOUT_FLOCK) {
    const folder = await Promise.any(['/usr/bin', '/bin'].map((candidate) => stat(join(candidate, name)).then(() => candidate)));
    await symlink(join(folder, name), join(bin, name));
  }
  return bin;
}

describe('install.sh', () => {
  test('installs once, and again when a package.json changes', async () => {
    expect(await install()).toMatchObject({ exitCode: 0, errors: expect.stringContaining('installing the packages') });
    expect(await install()).toEqual({ exitCode: 0, errors: '' });
    expect(await npmCalls()).toBe(1);
    await write('packages/b/package.json', '{"name":"b"}');
    await install();
    expect(await npmCalls()).toBe(2);
  });

  test('runs npm once when several start together', async () => {
    const runs = await Promise.all([install(), install(), install()]);
    expect(runs.map((run) => run.exitCode)).toEqual([0, 0, 0]);
    expect(await npmCalls()).toBe(1);
  });

  test('runs npm once without flock too, and takes over the lock of a process that is gone', async () => {
    const path = await pathWithoutFlock();
    await mkdir(join(root, '.cache/install.lock.d'), { recursive: true });
    await write('.cache/install.lock.d/pid', '2147483646');
    const runs = await Promise.all([install(path), install(path), install(path)]);
    expect(runs.map((run) => run.exitCode)).toEqual([0, 0, 0]);
    expect(await npmCalls()).toBe(1);
    await expect(stat(join(root, '.cache/install.lock.d'))).rejects.toThrow('ENOENT');
  });

  test("prints npm's output when it fails, and leaves what was installed before", async () => {
    await install();
    await write('node_modules/kept', '');
    await write('no-network', '');
    await write('package-lock.json', '{"changed":true}');
    const { exitCode, errors } = await install();
    expect(exitCode).toBe(1);
    expect(errors).toContain('npm error no network');
    expect(errors).toContain('Check the connection');
    await stat(join(root, 'node_modules/kept'));
  });

  test('refuses a Node.js that is too old', async () => {
    await writeProgram('node', '#!/bin/sh\necho 18.20.4\n');
    expect(await install()).toMatchObject({ exitCode: 1, errors: expect.stringContaining('Node.js 18.20.4 is too old') });
  });
});
