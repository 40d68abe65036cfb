import { writeFileSync } from 'node:fs';
import { createRegistryApi, startSlipway } from '@slipway/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'vitest';
import { buildDebianImage } from './peers/debian-image.ts';
import { buildOddImage } from './peers/odd-image.ts';
test('serve', async () => {
  const server = await startSlipway();
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  await api.pushImage('admin/debian', 'v1', await buildDebianImage());
  await api.pushImage('admin/odd', 'v1', await buildOddImage());
  writeFileSync('/tmp/w3/server', `${server.url} ${server.adminPassword} ${server.pid}`);
  await delay(1500_000);
  await server.stop();
}, 1600_000);
