import { rm } from 'node:fs/promises';
import { type LogFields, silentLogger } from '@slipway/base';
import { expect, it } from 'vitest';
import { codesOf } from '../testing/manifest-fixtures.ts';
import { openTestRegistry } from '../testing/open-test-registry.ts';

it('a failure of the disk is answered 500 without paths, and logged with them and the request id', async () => {
  const logged: (LogFields | undefined)[] = [];
  await using test = await openTestRegistry({ logger: { ...silentLogger, error: (_message, fields) => void logged.push(fields) } });
  await rm(`${test.folder}/uploads`, { recursive: true });
  const response = await test.api.send({ method: 'POST', path: '/v2/team/app/blobs/uploads/', headers: { 'content-length': '0' } });
  expect(response.status).toBe(500);
  expect(codesOf(response)).toEqual(['UNKNOWN']);
  expect(response.body.toString()).not.toContain(test.folder);
  expect(logged).toMatchObject([{ requestId: 'test', internal: expect.stringContaining(test.folder) }]);
});
