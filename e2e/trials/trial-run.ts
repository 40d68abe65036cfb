import { join } from 'node:path';
import { openTempFolder, type SlipwayProcess, startSlipway, type TempFolder } from '@slipway/testkit';
import { ChangeLedger } from './change-ledger.ts';
import type { RandomChoice } from './random-choice.ts';
import { TrialApi } from './trial-api.ts';
import { auditBytes, auditPushCounts, auditRepositories, auditUploads } from './trial-audit.ts';
import { TrialCatalogue } from './trial-catalogue.ts';
import { TrialClient } from './trial-client.ts';
import { createTrialWorld, formatTally, type TrialWorld } from './trial-world.ts';

export interface TrialRunOptions {
  readonly random: RandomChoice;
  readonly seed: string;
  readonly clients: number;
  readonly graceMs?: number;
  readonly untaggedMs?: number;
}

export interface CollectBody {
  readonly graceSeconds: number;
  readonly dryRun?: boolean;
  readonly untaggedOlderThanSeconds?: number;
}

const PASSWORD = 'the password of a trial';
const SHOWN_PROBLEMS = 4;

/** A data folder with a server on it, clients that work there, and what they were told. */
export class TrialRun implements AsyncDisposable {
  readonly world: TrialWorld;
  readonly data: string;
  readonly #options: TrialRunOptions;
  readonly #folder: TempFolder;
  readonly #failures: string[] = [];
  #apis: TrialApi[] = [];
  #server: SlipwayProcess | undefined;
  #isKilled = false;
  #starts = 0;
  #page = 0;

  private constructor(options: TrialRunOptions, folder: TempFolder) {
    this.#options = options;
    this.#folder = folder;
    this.data = join(folder.path, 'data');
    this.world = createTrialWorld({ ...options, ledger: new ChangeLedger(), catalogue: new TrialCatalogue(options.seed) });
  }

  static async open(options: TrialRunOptions): Promise<TrialRun> {
    const run = new TrialRun(options, await openTempFolder('slipway-trial-'));
    await run.start();
    return run;
  }

  async start(): Promise<void> {
    this.#server = await startSlipway({ data: this.data, adminPassword: PASSWORD, args: ['--log-level', 'warn'] });
    this.#isKilled = false;
    this.#starts += 1;
    // Checking a password takes long, once: the clients shall not spend their short life on it.
    await this.api().ping();
  }

  async kill9(): Promise<void> {
    this.#isKilled = true;
    await this.#server?.kill9();
    for (const api of this.#apis) api.close();
    this.#apis = [];
  }

  /** From now on the clients use other repositories, so that audits stay short. */
  turnPage(): void {
    this.#page += 1;
  }

  /** Lets all clients work until `until` resolves; rejects with the first wrong answer. */
  async work(until: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const stopping = async (work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        end.abort();
        throw error;
      }
    };
    const clients = this.#clients().map((client) => stopping(client.work(end.signal)));
    const ended = stopping(until(end.signal)).finally(() => end.abort());
    const settled = await Promise.allSettled([...clients, ended]);
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw this.#failure([String(failed.reason instanceof Error ? failed.reason.stack : failed.reason)]);
  }

  async collect(body: CollectBody): Promise<void> {
    await this.api().call('POST', '/admin/gc', body);
  }

  /** Throws unless the server shows what it acknowledged: in the repositories in use, or in all. */
  async audit(scope: 'page' | 'all'): Promise<void> {
    const parts = { world: this.world, api: this.api() };
    const pages = scope === 'page' ? [this.#page] : Array.from({ length: this.#page + 1 }, (_, page) => page);
    const repositories = pages.flatMap((page) => [sharedOf(page), ...this.#ownOf(page)]);
    const problems = await auditUploads(parts);
    problems.push(...(await auditRepositories(parts, repositories)));
    problems.push(...(await auditPushCounts(parts)));
    problems.push(...(await auditBytes(parts)));
    problems.push(...this.#failures);
    if (problems.length > 0) throw this.#failure(problems);
  }

  /** Deletes every manifest. What is left is garbage. */
  async deleteEverything(): Promise<void> {
    const api = this.api();
    for (const repository of Array.from({ length: this.#page + 1 }, (_, page) => [sharedOf(page), ...this.#ownOf(page)]).flat()) {
      for (const name of this.world.ledger.names('manifest', repository)) await api.deleteManifest(repository, name);
    }
  }

  /** Throws if anything is left in the server's own view, or if it ever answered 500. */
  async expectEmpty(): Promise<void> {
    const report = await this.api().call<{ blobs: number; manifests: number; damaged: readonly object[] }>('POST', '/admin/verify', {});
    const isEmpty = report.blobs === 0 && report.manifests === 0 && report.damaged.length === 0;
    if (!isEmpty || this.#failures.length > 0) throw this.#failure([`Left: ${JSON.stringify(report)}`, ...this.#failures]);
  }

  api(): TrialApi {
    const api = new TrialApi({
      origin: this.#server?.origin ?? '',
      username: 'admin',
      password: PASSWORD,
      isKilled: () => this.#isKilled,
      onFailure: (line) => this.#failures.push(line),
    });
    this.#apis.push(api);
    return api;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill9();
    await this.#folder[Symbol.asyncDispose]();
  }

  #clients(): TrialClient[] {
    const own = this.#ownOf(this.#page);
    return own.map((repository, number) => {
      const random = this.#options.random.fork(`start ${this.#starts} client ${number}`);
      const peers = [...own.filter((other) => other !== repository), sharedOf(this.#page)];
      const api = this.api();
      return new TrialClient({
        world: this.world,
        api,
        random,
        peers,
        who: `client ${number}`,
        own: repository,
        shared: sharedOf(this.#page),
        // Two and two push the same content, and the next page half of it anew.
        firstNumber: this.#page * 15 + Math.floor(number / 2) * 10,
      });
    });
  }

  #ownOf(page: number): string[] {
    return Array.from({ length: this.#options.clients }, (_, number) => `trial/page${page}/client${number}`);
  }

  #failure(problems: readonly string[]): Error {
    const shown = problems.slice(0, SHOWN_PROBLEMS).join('\n\n');
    const logs = this.#server?.logs().split('\n').slice(-15).join('\n') ?? '';
    return new Error(
      `Seed ${this.#options.seed}, start ${this.#starts}: ${problems.length} problems\n${shown}\n\nDone: ${formatTally(this.world)}\nServer:\n${logs}`,
    );
  }
}

function sharedOf(page: number): string {
  return `trial/page${page}/shared`;
}
