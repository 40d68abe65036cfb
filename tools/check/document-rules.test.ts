import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDocumentRules } from './document-rules.ts';
import { checkFileRules } from './file-rules.ts';

const REQUIRED = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'SCOPE.md', 'docs/dependencies.md', 'docs/errors.md', 'docs/glossary.md'];
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-check-'));
  for (const path of REQUIRED) await write(path, '');
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function reportOf(check: (root: string) => Promise<{ readonly report: string }>): Promise<string[]> {
  const { report } = await check(root);
  return report === '' ? [] : report.split('\n');
}

describe('checkDocumentRules()', () => {
  test('accepts links that resolve, anchors, URLs, and what stands in code blocks', async () => {
    await write('docs/a.md', '[b](../SCOPE.md#now) [c](#here) [d](https://example.com/x)\n```\n[e](gone.md)\n```\n');
    expect(await reportOf(checkDocumentRules)).toEqual([]);
  });

  test('rejects a relative link to nothing', async () => {
    await write('docs/a.md', '\n[b](gone.md)');
    expect(await reportOf(checkDocumentRules)).toEqual(['docs/a.md:2: names "gone.md", which does not exist']);
  });

  test('rejects a file that docs/architecture names and that is gone', async () => {
    await write('packages/oci/src/digest.ts', '');
    await write('docs/architecture/overview.md', '`packages/oci/src/digest.ts:3`, `packages/oci/src/gone.ts`, `oci/gone`');
    expect(await reportOf(checkDocumentRules)).toEqual([
      'docs/architecture/overview.md:1: names "packages/oci/src/gone.ts", which does not exist',
    ]);
  });

  test('asks for the glossary', async () => {
    await rm(join(root, 'docs/glossary.md'));
    expect(await reportOf(checkDocumentRules)).toEqual(['docs/glossary.md: is missing']);
  });
});

describe('checkFileRules()', () => {
  test('accepts kebab-case names', async () => {
    await write('packages/oci/src/parse-manifest.integration.test.ts', '');
    expect(await reportOf(checkFileRules)).toEqual([]);
  });

  test('rejects other names and empty words', async () => {
    await write('packages/oci/src/parseManifest.ts', '');
    await write('packages/oci/src/types.ts', '');
    await write('packages/oci/src/utils/a.ts', '');
    expect(await reportOf(checkFileRules)).toEqual([
      'packages/oci/src/parseManifest.ts: file names are kebab-case',
      'packages/oci/src/types.ts: name it after what it holds, with a word of docs/glossary.md',
      'packages/oci/src/utils/a.ts: name it after what it holds, with a word of docs/glossary.md',
    ]);
  });

  test('rejects more than 600 lines and warns above 300', async () => {
    await write('tools/a.ts', '\n'.repeat(601));
    await write('tools/b.ts', '\n'.repeat(301));
    expect(await reportOf(checkFileRules)).toEqual([
      'tools/a.ts: has 601 lines, 600 is the limit',
      'warning: tools/b.ts: has 301 lines; think again at 300',
    ]);
  });
});
