import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS_PAGE, renderErrorsPage } from './errors-page.ts';
import { ROOT } from './root.ts';

test('renderErrorsPage() lists a code with kind, status and advice', async () => {
  expect(await renderErrorsPage(ROOT)).toMatch(/^\| `DIGEST_INVALID` \| @slipway\/oci \| invalid \| 400 \| .+ \|$/m);
});

test('renderErrorsPage() gives what docs/errors.md holds', async () => {
  expect(await readFile(join(ROOT, ERRORS_PAGE), 'utf8')).toBe(await renderErrorsPage(ROOT));
});
