import type { Engine } from '@slipway/engine';
import type { ApiClient } from './api/api-client.ts';
import type { ServerFlags } from './api/server-address.ts';
import type { Registries, RegistriesOptions } from './open-registries.ts';
import type { ProcessContext } from './process-context.ts';
import { createPrompts, type Prompts } from './terminal/prompts.ts';

/** The world as commands see it. */
export interface CliContext extends ProcessContext {
  readonly prompts: Prompts;
  /** A client of the server that flags and environment name; may ask for a password. Nothing is sent yet. */
  openApi(flags: ServerFlags): Promise<ApiClient>;
  /** What lives on this machine, in `$SLIPWAY_HOME`. Whoever opens it disposes it. */
  openEngine(): Promise<Engine>;
  /** A client of any registry, with docker's credentials, and mirrors and proxies of this machine. Whoever opens it disposes it. */
  openRegistries(options?: RegistriesOptions): Promise<Registries>;
}

/** The composition root of the command line. */
export function createContext(options: ProcessContext): CliContext {
  const prompts = createPrompts(options);
  return {
    ...options,
    prompts,
    async openApi(flags) {
      // Loaded here, so that commands without a server start at once.
      const [{ resolveServer }, { createApiClient }] = await Promise.all([
        import('./api/server-address.ts'),
        import('./api/api-client.ts'),
      ]);
      return createApiClient({ server: await resolveServer(flags, { ...options, prompts }), signal: options.signal });
    },
    openEngine: async () => await (await import('./open-engine.ts')).openLocalEngine(options),
    openRegistries: async (choice = {}) => await (await import('./open-registries.ts')).openRegistries(options, choice),
  };
}
