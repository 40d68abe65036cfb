import { describe, expect, it } from 'vitest';
import { APP, TOOL, withImages } from '../../testing/with-images.ts';

const IMAGES = [
  { image: APP, names: ['app:v1'] },
  { image: TOOL, names: [] },
];

describe('systemDfCommand.run()', () => {
  it('counts layers that images share once', async () => {
    await withImages(IMAGES, async (run) => {
      const { stdout } = await run(['system', 'df']);
      expect(stdout).toBe(
        [
          'TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE',
          'Images          2         0         2.469MB   2.469MB (100%)',
          'Containers      0         0         0B        0B',
          'Local Volumes   0         0         0B        0B',
          'Build Cache     0         0         0B        0B',
          '',
        ].join('\n'),
      );
    });
  });

  it('shows what each image shares, and what it has alone', async () => {
    await withImages(IMAGES, async (run) => {
      const words = ['system', 'df', '-v', '--format', '{{range .Images}}{{.Repository}} {{.SharedSize}} {{.UniqueSize}};{{end}}'];
      expect((await run(words)).stdout).toBe('app 123.5kB 2.346MB;<none> 123.5kB 0B;\n');
      expect((await run(['system', 'df', '--verbose'])).stdout).toMatch(/^Images space usage:\n\nREPOSITORY +TAG +IMAGE ID/);
      expect(JSON.parse((await run(['system', 'df', '-v', '--format', 'json'])).stdout)).toMatchObject({
        Images: [{ Tag: 'v1' }, {}],
        Volumes: [],
      });
    });
  });

  it('prints JSON, a line a row', async () => {
    await withImages([], async (run) => {
      const rows = (await run(['system', 'df', '--format', 'json'])).stdout.trimEnd().split('\n');
      expect(JSON.parse(rows[0] ?? '')).toEqual({ Type: 'Images', TotalCount: '0', Active: '0', Size: '0B', Reclaimable: '0B' });
      expect(rows).toHaveLength(4);
    });
  });
});

describe('systemPruneCommand.run()', () => {
  it('warns, asks, and removes what nothing uses', async () => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['system', 'prune'], { input: 'y\n' });
      expect(outcome.stderr).toMatch(
        /^WARNING! This will remove:\n {2}- all dangling images\n {2}- all content that no image needs\n\nAre you sure/,
      );
      expect(outcome.stdout).toMatch(/^Deleted Images:\ndeleted: sha256:[0-9a-f]{64}\n\nTotal reclaimed space: \d+(\.\d+)?k?B\n$/);
      expect((await run(['images', '--format', '{{.Repository}}'])).stdout).toBe('app\n');
    });
  });

  it('removes everything that no container uses with --all', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['system', 'prune', '-af', '--volumes'])).stdout).toContain('untagged: app:v1');
      expect((await run(['images', '-q'])).stdout).toBe('');
    });
  });

  it('removes nothing without a yes', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['system', 'prune', '-a'])).toMatchObject({ exitCode: 1, stdout: '' });
    });
  });
});
