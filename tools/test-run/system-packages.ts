import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runProgram } from '../program.ts';
import { ROOT } from '../root.ts';

const INSTALL = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/**
 * Installs the Debian packages of tools/system-packages.json (package -> a command of it) that are missing, where that is allowed.
 * Otherwise names them and goes on: a test that lacks a program says so itself.
 */
export async function ensureSystemPackages(): Promise<void> {
  const missing = await findMissing();
  if (missing.length === 0) return;
  const apt = await findApt();
  if (apt === undefined) {
    console.warn(`Some tests need programs that are missing here. Install: ${missing.join(' ')}`);
    return;
  }
  console.log(`Installing what tests need: ${missing.join(' ')}`);
  if (!(await install(apt, missing))) console.warn(`Cannot install ${missing.join(' ')}: the tests that need them will say so.`);
}

async function findMissing(): Promise<string[]> {
  const packages = JSON.parse(await readFile(join(ROOT, 'tools/system-packages.json'), 'utf8')) as Record<string, string>;
  const missing: string[] = [];
  for (const [name, command] of Object.entries(packages)) {
    if (!(await hasCommand(command))) missing.push(name);
  }
  return missing;
}

/** The command line that begins an apt-get call with the rights to install, if there is one. */
async function findApt(): Promise<string[] | undefined> {
  if (!(await hasCommand('apt-get'))) return undefined;
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  if (process.getuid?.() === 0) return environment;
  if (!(await hasCommand('sudo'))) return undefined;
  const { exitCode } = await runProgram('sudo', ['-n', 'true']);
  return exitCode === 0 ? ['sudo', '-n', ...environment] : undefined;
}

/** Package lists may be absent or old: they are fetched only if the first try fails. */
async function install([command = '', ...prefix]: readonly string[], names: readonly string[]): Promise<boolean> {
  const first = await runProgram(command, [...prefix, ...INSTALL, ...names]);
  if (first.exitCode === 0) return true;
  await runProgram(command, [...prefix, 'update']);
  const second = await runProgram(command, [...prefix, ...INSTALL, ...names]);
  if (second.exitCode !== 0) console.error(second.output.trim());
  return second.exitCode === 0;
}

/** System folders count too: /usr/sbin is not in everyone's PATH. */
async function hasCommand(command: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, command), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
