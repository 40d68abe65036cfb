import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRORS_PAGE, renderErrorsPage } from './errors-page.ts';
import { ROOT } from './root.ts';

// `npm run docs`: writes the generated pages.
await writeFile(join(ROOT, ERRORS_PAGE), await renderErrorsPage(ROOT));
console.log(`Wrote ${ERRORS_PAGE}.`);
