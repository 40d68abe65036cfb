import { join } from 'node:path';
import { createRegistryApi, type RegistryApi, type SlipwayProcess, startSlipway, withTempFolder } from '@slipway/testkit';
import { type Outcome, type RunOptions, runSlipway } from './run-slipway.ts';

export type RunCommand = (words: readonly string[], options?: RunOptions) => Promise<Outcome>;

/** A registry of ours, and a person who is logged in as its administrator. */
export interface TestRegistry extends AsyncDisposable {
  readonly server: SlipwayProcess;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly api: RegistryApi;
  /** Runs commands with an empty home folder, which is gone afterwards. */
  withHome(work: (run: RunCommand, folder: string) => Promise<void>): Promise<void>;
}

export async function openTestRegistry(): Promise<TestRegistry> {
  const server = await startSlipway();
  const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
  const auth = Buffer.from(`admin:${server.adminPassword}`).toString('base64');
  const login = JSON.stringify({ auths: { [server.url]: { auth } } });
  return {
    server,
    host: server.url,
    api,
    async withHome(work) {
      await withTempFolder(async (folder) => {
        const home = { SLIPWAY_HOME: join(folder, 'home'), DOCKER_CONFIG: join(folder, 'docker'), DOCKER_AUTH_CONFIG: login };
        const environment = { PATH: process.env['PATH'] ?? '', ...home };
        await work(
          async (words, options = {}) =>
            await runSlipway(words, { cwd: folder, ...options, environment: { ...environment, ...options.environment } }),
          folder,
        );
      });
    },
    async [Symbol.asyncDispose]() {
      api.close();
      await server.stop();
    },
  };
}
