import type { RegistryApi } from '@slipway/testkit';

/** A registry under load. Both kinds keep their data on one file system and write one access log line a request to a file. */
export interface BenchServer extends AsyncDisposable {
  readonly name: 'slipway' | 'distribution';
  readonly origin: string;
  readonly port: number;
  readonly pid: number;
  /** The value of `Authorization` for these repositories, fetched once as clients do; undefined where everybody may do everything. */
  authorize(repositories: readonly string[]): Promise<string | undefined>;
  /** A client that may push, for preparations; the caller closes it. */
  openApi(): RegistryApi;
}

export interface StartServerOptions {
  /** For data and logs; made if absent, owned by the caller. */
  readonly folder: string;
  readonly signal: AbortSignal;
}
