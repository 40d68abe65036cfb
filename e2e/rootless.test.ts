import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, createRegistryApi, openTempFolder, type SlipwayProcess, startSlipway, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slipwayTree } from './mounted-trees.ts';
import { buildDebianImage, DEBIAN_PACKAGES } from './peers/debian-image.ts';
import { describeFileTree } from './peers/file-tree.ts';
import { buildOddImage } from './peers/odd-image.ts';
import { type ProgramResult, runProgram } from './peers/program.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { checkContent, type SlipwayCommand, slipwayCommand } from './slipway-command.ts';
import { listRemains, listStrays } from './trials/home-audit.ts';

const { skipped } = await resolvePeer(DEBIAN_PACKAGES, { superuser: true });
const USER = 54_321;
const AS_USER = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups', '--'];

/** Root becomes somebody who has no entry in /etc/passwd and no subordinate ids. */
describe.skipIf(skipped !== undefined)(`slipway as an ordinary user ${skipped ?? ''}`, () => {
  let folder: TempFolder;
  let server: SlipwayProcess;
  let userFolder: string;
  let user: SlipwayCommand;
  let root: SlipwayCommand;
  let why: string | undefined;
  const nameOf = (tag: string) => `${server.url}/admin/images:${tag}`;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-rootless-');
    // The way there has to be open to others.
    await runProgram('chmod', ['755', folder.path]);
    userFolder = join(folder.path, 'user');
    await mkdir(userFolder);
    await chown(userFolder, USER, USER);
    server = await startSlipway();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await api.pushImage('admin/images', 'debian', await buildDebianImage());
    await api.pushImage('admin/images', 'odd', await buildOddImage());
    await api.pushImage('admin/images', 'closed', buildClosedImage());
    api.close();
    root = slipwayCommand(join(folder.path, 'root'));
    user = asUser(slipwayCommand(userFolder));
    for (const command of [root, user]) {
      const login = await command.attempt(['login', '-u', 'admin', '--password-stdin', server.url], { input: server.adminPassword });
      expect(login.code, login.stderr).toBe(0);
    }
    for (const tag of ['debian', 'odd']) await root.run('pull', '-q', nameOf(tag));
    const namespaces = await runProgram('setpriv', [...AS_USER, 'unshare', '--user', '--map-root-user', '--mount', 'true']);
    why = namespaces.code === 0 ? undefined : `SKIPPED: this machine has no user namespaces: ${namespaces.stderr}`;
  });

  afterAll(async () => {
    await server?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  function asUser(command: SlipwayCommand): SlipwayCommand {
    const attempt: SlipwayCommand['attempt'] = async (args, options = {}): Promise<ProgramResult> => {
      const launcher = join(import.meta.dirname, '../bin/slipway');
      return await runProgram('setpriv', [...AS_USER, launcher, ...args], { cwd: userFolder, env: command.env, ...options });
    };
    return {
      ...command,
      attempt,
      async run(...args) {
        const result = await attempt(args);
        expect(result.code, `slipway ${args.join(' ')}: ${result.stderr}${result.stdout}`).toBe(0);
        return result.stdout.trim();
      },
    };
  }

  test('keeps layers as overlays of a user namespace', async ({ skip }) => {
    if (why !== undefined) skip(why);
    await user.run('pull', '-q', nameOf('odd'));
    const { choice } = JSON.parse(await readFile(join(user.home, 'snapshotter.json'), 'utf8')) as { choice: unknown };
    expect(choice).toEqual({ medium: 'overlay', xattrs: 'user', namespace: 'user', reasons: [] });
  });

  test('pulls a Debian: files are as root gets them, but belong to the user, which is said once', async () => {
    const pulled = await user.attempt(['pull', nameOf('debian')]);
    expect(pulled.code, pulled.stderr).toBe(0);
    expect(pulled.stderr).toMatch(
      /^WARNING: \d+ things of the unpacked files could not be kept: .*files that belong to somebody else became your own .*`slipway doctor`.*\n$/,
    );
    expect((await user.attempt(['pull', nameOf('debian')])).stderr).toBe('');
    expect(await listOf('debian')).toEqual(belongingToUser(await slipwayTree(root, nameOf('debian'))));
  });

  test('lists and inspects as root does', async () => {
    for (const args of [
      ['images', '--digests', '--no-trunc'],
      ['inspect', nameOf('debian'), nameOf('odd')],
      ['history', nameOf('odd')],
    ]) {
      const [mine = [], roots] = await Promise.all(
        // Where the files lie differs, and which of two images of one moment comes first.
        [user, root].map(async (command) =>
          (await command.run(...args))
            .replace(/"\/[^"]*"/g, 'FOLDERS')
            .split('\n')
            .sort(),
        ),
      );
      expect(mine.length).toBeGreaterThan(1);
      expect(mine).toEqual(roots);
    }
  });

  test('saves what root loads: with all owners', async () => {
    const archive = join(userFolder, 'images.tar');
    await user.run('save', '-o', archive, nameOf('debian'), nameOf('odd'));
    const other = slipwayCommand(join(folder.path, 'other-root'));
    await other.run('load', '-q', '-i', archive);
    for (const tag of ['debian', 'odd']) expect(await slipwayTree(other, nameOf(tag))).toEqual(await slipwayTree(root, nameOf(tag)));
  });

  test('says by doctor that owners need subordinate ids, and that nothing that is needed is missing', async ({ skip }) => {
    if (why !== undefined) skip(why);
    const { code, stdout, stderr } = await user.attempt(['doctor']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^subordinate ids +missing +files of other owners/m);
    expect(stdout).toMatch(/^overlayfs +ok /m);
  });

  test('removes everything, also folders that nobody may open', async () => {
    await user.run('pull', '-q', nameOf('closed'));
    await checkContent(user.home);
    await user.run('rmi', nameOf('closed'), nameOf('odd'));
    await user.run('system', 'prune', '-a', '-f');
    expect(await user.run('images', '-q')).toBe('');
    expect(await listRemains(user.home)).toEqual([]);
    expect(await listStrays(user.home)).toEqual([]);
  });

  /** The files of an image of one layer. */
  async function listOf(tag: string): Promise<string[]> {
    return await describeFileTree(await user.run('inspect', '--format', '{{.GraphDriver.Data.UpperDir}}', nameOf(tag)));
  }
});

function belongingToUser(tree: readonly string[]): string[] {
  const lines = tree.filter((line) => !/^\S+ (?:character|block)-device /.test(line));
  return lines.map((line) => line.replace(/^(.* \d+) \d+:\d+ (\d+ \d+ )/, `$1 ${USER}:${USER} $2`));
}

function buildClosedImage() {
  return buildImage({
    layers: [
      [
        { path: 'closed/', mode: 0 },
        { path: 'closed/within/', mode: 0 },
        { path: 'closed/within/file', content: 'x', mode: 0 },
        { path: 'write-only/', mode: 0o200 },
        { path: 'write-only/file', content: 'x' },
      ],
      [{ path: 'closed/' }, { path: 'closed/.wh.within' }, { path: 'write-only/', mode: 0o100 }, { path: 'write-only/late', content: 'x' }],
    ],
  });
}
