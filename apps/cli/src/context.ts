import type { Clock } from '@slipway/base';
import type { CredentialStore, RegistryClient } from '@slipway/client';
import type { Engine } from '@slipway/engine';
import type { ApiClient } from './api/api-client.ts';
import type { ServerFlags } from './api/server-address.ts';
import { createPrompts, type Prompts } from './terminal/prompts.ts';
import type { InputStream, OutputStream } from './terminal/streams.ts';

/** The world as commands see it. */
export interface CliContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The process's own: paths that go to the system may be relative. */
  readonly cwd: string;
  /** Slipway's own folder, which `package.json` lies in. */
  readonly checkout: string;
  readonly clock: Clock;
  /** Aborts with INTERRUPTED on the first SIGINT. */
  readonly signal: AbortSignal;
  readonly prompts: Prompts;
  /** Leaves signals, broken pipes and unforeseen errors to the command: for what runs on and has its own ways. */
  releaseProcess(): void;
  /** A client of the server that flags and environment name; may ask for a password. Nothing is sent yet. */
  openApi(flags: ServerFlags): Promise<ApiClient>;
  /** What lives on this machine, in `$SLIPWAY_HOME`. Whoever opens it disposes it. */
  openEngine(): Promise<Engine>;
  /** A client of any registry, with docker's credentials, and mirrors and proxies of this machine. Whoever opens it disposes it. */
  openRegistries(options?: RegistriesOptions): Promise<Registries>;
}

export interface RegistriesOptions {
  /** `--insecure-registry`: hosts that may speak plain HTTP or show an unknown certificate. */
  readonly insecureRegistries?: readonly string[];
}

export interface Registries extends Disposable {
  readonly client: RegistryClient;
  readonly credentials: CredentialStore;
}

export type ContextOptions = Omit<CliContext, 'prompts' | 'openApi' | 'openEngine' | 'openRegistries'>;

/** The composition root of the command line. */
export function createContext(options: ContextOptions): CliContext {
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
