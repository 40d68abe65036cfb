import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistryApi, freePort } from '@slipway/testkit';
import { startDaemon } from '../../e2e/peers/daemon.ts';
import { DISTRIBUTION_PACKAGES } from '../../e2e/peers/distribution.ts';
import { peerEnvironment } from '../../e2e/peers/peer-environment.ts';
import { unpackPackages } from '../../e2e/peers/unpack-packages.ts';
import type { BenchServer, StartServerOptions } from './bench-server.ts';
import { isAnswering } from './is-answering.ts';

/**
 * Starts Debian's docker-registry (distribution 2.8) as its package configures it, descriptor cache included, but without authentication, which is
 * its fastest way, and with the access log as its only log line a request.
 */
export async function startDistribution(options: StartServerOptions): Promise<BenchServer> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const root = await unpackPackages(DISTRIBUTION_PACKAGES);
  const port = await freePort();
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify(configuration(port, join(folder, 'storage'))));
  const origin = `http://127.0.0.1:${port}`;
  const daemon = await startDaemon({
    command: join(root, 'usr/bin/docker-registry'),
    args: ['serve', configFile],
    env: peerEnvironment(root, folder),
    logFile: join(folder, 'server.log'),
    isReady: () => isAnswering(`${origin}/v2/`, options.signal),
  });
  return {
    name: 'distribution',
    origin,
    port,
    pid: daemon.pid,
    authorize: async () => undefined,
    openApi: () => createRegistryApi({ origin }),
    [Symbol.asyncDispose]: () => daemon.stop(),
  };
}

function configuration(port: number, rootdirectory: string) {
  return {
    version: 0.1,
    log: { accesslog: { disabled: false }, level: 'warn' },
    storage: { filesystem: { rootdirectory }, delete: { enabled: true }, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: `127.0.0.1:${port}`, secret: 'bench', headers: { 'X-Content-Type-Options': ['nosniff'] } },
  };
}
