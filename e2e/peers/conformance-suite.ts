import { access, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedLock, messageOf } from '@slipway/base';
import { peerError } from './errors.ts';
import { checkProgram, hasProgram, runProgram } from './program.ts';
import { CACHE_FOLDER } from './unpack-packages.ts';

/** The commit of opencontainers/distribution-spec whose suite is run: main of 16 July 2026. */
export const CONFORMANCE_COMMIT = '967efdc079b91785ad18c77cc4f8991a47feefbf';

const MODULE = 'github.com/opencontainers/distribution-spec/conformance';
const OLDEST_GO = [1, 24] as const;
const locks = new KeyedLock();

export interface ConformanceSuiteOptions {
  /** The suite's sources, where the Go module proxy does not have them: the folder `conformance` of the specification's repository. */
  readonly source?: string;
}

/**
 * Builds the official conformance suite at the pinned commit and resolves to the program, which is kept in `.cache/conformance`. The sources come
 * through the Go module proxy. Rejects with PEER_UNAVAILABLE when there is no fitting Go, or no way to the sources.
 */
export async function buildConformanceSuite(options: ConformanceSuiteOptions = {}): Promise<string> {
  const { source } = options;
  const folder = join(CACHE_FOLDER, 'conformance', source === undefined ? CONFORMANCE_COMMIT.slice(0, 12) : 'from-source');
  const program = join(folder, 'conformance');
  return await locks.run(program, async () => {
    if (source === undefined && (await isThere(program))) return program;
    await requireGo();
    await mkdir(folder, { recursive: true });
    await build(source ?? (await downloadModule(folder)), folder, program);
    return program;
  });
}

async function requireGo(): Promise<void> {
  if (!(await hasProgram('go'))) throw peerError('PEER_UNAVAILABLE', 'Cannot build the conformance suite: there is no Go on this machine');
  const version = (await checkProgram('go', ['env', 'GOVERSION'])).trim();
  const [major = 0, minor = 0] = version.replace(/^go/, '').split('.').map(Number);
  if (major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1])) return;
  throw peerError('PEER_UNAVAILABLE', `Cannot build the conformance suite: it needs Go ${OLDEST_GO.join('.')}, this is ${version}`);
}

async function downloadModule(folder: string): Promise<string> {
  const result = await runProgram('go', ['mod', 'download', '-json', `${MODULE}@${CONFORMANCE_COMMIT}`], { cwd: folder });
  const answer: { Dir?: string; Error?: string } = JSON.parse(result.stdout.trim() === '' ? '{}' : result.stdout);
  if (answer.Dir !== undefined) return answer.Dir;
  throw peerError('PEER_UNAVAILABLE', `Cannot fetch the conformance suite: ${answer.Error ?? result.stderr}`);
}

// The module cache is read-only and Go refuses to build a main module inside it.
async function build(source: string, folder: string, program: string): Promise<void> {
  const copy = await mkdtemp(join(folder, 'build-'));
  try {
    await cp(source, join(copy, 'source'), { recursive: true });
    await checkProgram('chmod', ['-R', 'u+w', copy]);
    await checkProgram('go', ['build', '-buildvcs=false', '-o', join(copy, 'conformance'), '.'], {
      cwd: join(copy, 'source'),
      timeoutMs: 280_000,
    });
    await rename(join(copy, 'conformance'), program);
  } catch (error) {
    throw peerError('PEER_UNAVAILABLE', `Cannot build the conformance suite: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
