import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '@slipway/base';
import type { Maintenance } from '@slipway/hub';
import type { GcReport } from '@slipway/registry';
import { listenOnAdminSocket } from './admin-socket.ts';
import { printBanner } from './banner.ts';
import { type ConfigSources, loadConfig, type ServerConfig } from './config/config.ts';
import { serverError } from './errors.ts';
import { createFront, type Front, type FrontContext } from './http/front.ts';
import { createListener, type Listener } from './http/listener.ts';
import { createClientViewReader } from './http/proxies.ts';
import { createRest } from './http/rest.ts';
import { createServerLogger, type ServerLogger } from './observe/logger.ts';
import { createServerMetrics } from './observe/metrics.ts';
import { startSchedule } from './schedule.ts';
import { openServices, type Services } from './wiring.ts';

/** How often a draining server looks whether the last request has ended. */
const DRAIN_CHECK_MS = 20;

/**
 * Runs the server until SIGTERM or SIGINT, then drains it. Resolves to the exit code. Throws what makes a start impossible: CONFIG_INVALID,
 * DATA_FOLDER_*, DATABASE_*, LISTEN_FAILED, TLS_INVALID.
 */
export async function serve(sources: ConfigSources): Promise<number> {
  const config = await loadConfig(sources);
  const logger = createServerLogger({ level: config.logLevel });
  const stopped = waitForSignal();
  await using services = await openServices(config, logger);
  const version = await readVersion(sources.checkout);
  await using running = await start({ config, services, logger, version });
  printBanner({ config, port: running.port, firstPassword: services.firstPassword, version });
  const signal = await stopped;
  logger.info('The server is stopping', { signal });
  const isDrained = await running.drain(config.drainTimeoutMs);
  if (!isDrained) logger.warn('Requests were cut: they did not end in time', { drainTimeoutMs: config.drainTimeoutMs });
  await logger.flush();
  return 0;
}

interface StartOptions {
  readonly config: ServerConfig;
  readonly services: Services;
  readonly logger: ServerLogger;
  readonly version: string;
}

interface Running extends AsyncDisposable {
  readonly port: number;
  /** Ends listening and waits for the requests under way; resolves to whether all ended in time. */
  drain(timeoutMs: number): Promise<boolean>;
}

async function start({ config, services, logger, version }: StartOptions): Promise<Running> {
  const { blobs, data, hub, registry } = services;
  const stopping = new AbortController();
  const metrics = createServerMetrics({ statistics: () => registry.statistics(), pendingUploads: () => count(blobs.walkUploads()) });
  const onCollected = (report: GcReport): void => metrics.garbageCollected(report);
  const rest = await createRest({
    hub,
    metrics,
    logger,
    version,
    stopping: stopping.signal,
    checkReady: services.checkReady,
    maintenance: createMaintenance({ config, services, onCollected }),
  });
  const viewOf = createClientViewReader({ trusted: config.trustedProxies, publicUrl: config.publicUrl });
  const parts = { registry, tokenHandler: hub.tokenHandler, viewOf, logger, metrics };
  const front = createFront({
    ...parts,
    rest: (request, response, context) => rest.handle(request, response, { context, isLocalAdmin: false }),
  });
  const local = createFront({
    ...parts,
    viewOf: () => ({ address: '127.0.0.1', origin: 'http://localhost' }),
    rest: (request, response, context: FrontContext) => rest.handle(request, response, { context, isLocalAdmin: true }),
  });
  const listener = createListener(front.handle, { tls: config.tls, logger });
  await listen(listener, config);
  let socket: Listener;
  try {
    socket = await listenOnAdminSocket(data.adminSocket, local.handle);
  } catch (error) {
    listener.close();
    throw error;
  }
  startSchedule({ config, registry, keys: hub.keys, logger, onCollected }, stopping.signal);
  return {
    port: (listener.address() as AddressInfo).port,
    drain: (timeoutMs) => drain({ listeners: [listener, socket], fronts: [front, local], stopping, timeoutMs }),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      for (const server of [listener, socket]) {
        server.close();
        server.closeAllConnections();
      }
      await rest.close();
    },
  };
}

function createMaintenance({
  config,
  services,
  onCollected,
}: {
  readonly config: ServerConfig;
  readonly services: Services;
  readonly onCollected: (report: GcReport) => void;
}): Maintenance {
  const { registry } = services;
  return {
    async gc(options, signal) {
      const report = await registry.collectGarbage(
        {
          graceSeconds: options.graceSeconds ?? config.gc.graceMs / 1000,
          dryRun: options.dryRun ?? false,
          ...(options.untaggedOlderThanSeconds === undefined ? {} : { untaggedOlderThanSeconds: options.untaggedOlderThanSeconds }),
        },
        { signal },
      );
      if (!report.dryRun) onCollected(report);
      return report;
    },
    verify: (options, signal) => registry.verify({ quarantine: options.quarantine ?? true }, { signal }),
  };
}

async function listen(listener: Listener, { listen: { host, port } }: ServerConfig): Promise<void> {
  const listening = Promise.withResolvers<void>();
  listener.once('error', listening.reject);
  listener.listen({ host, port, backlog: 4096 }, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    throw serverError('LISTEN_FAILED', `Cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Choose another address with --listen, as in --listen 127.0.0.1:5001',
    });
  }
}

interface Draining {
  readonly listeners: readonly Listener[];
  readonly fronts: readonly Front[];
  readonly stopping: AbortController;
  readonly timeoutMs: number;
}

async function drain({ listeners, fronts, stopping, timeoutMs }: Draining): Promise<boolean> {
  stopping.abort();
  for (const front of fronts) front.drain();
  for (const listener of listeners) {
    listener.close();
    listener.closeIdleConnections();
  }
  const deadline = performance.now() + timeoutMs;
  const busy = (): boolean => fronts.some((front) => front.inFlight() > 0);
  while (busy() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
  return !busy();
}

/** The first signal asks for an orderly end; a second one ends the process at once. */
function waitForSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      resolve(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  return promise;
}

async function readVersion(checkout: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { version: string };
  return version;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const _ of items) total += 1;
  return total;
}
