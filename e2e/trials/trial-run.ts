import { setTimeout as delay } from 'node:timers/promises';
import { openTempFolder, type SlipwayProcess, startSlipway, type TempFolder } from '@slipway/testkit';
import { ChangeLedger } from './change-ledger.ts';
import type { RandomChoice } from './random-choice.ts';
import { TrialApi } from './trial-api.ts';
import { auditBytes, auditPushCounts, auditRepositories, auditUploads } from './trial-audit.ts';
import { TrialCatalogue } from './trial-catalogue.ts';
import { TrialClient } from './trial-client.ts';
import { createTrialWorld, type TrialWorld } from './trial-world.ts';

export interface TrialRunOptions {
  readonly random: RandomChoice;
  readonly seed: string;
  readonly clients: number;
  readonly graceMs?: number;
  readonly untaggedMs?: number;
}

const PASSWORD = 'trial-password';
const SHOWN_PROBLEMS = 4;

/** One data folder with a server on it, clients that work there, and what they know. */
export class TrialRun implements AsyncDisposable {
  readonly world: TrialWorld;
  readonly #options: TrialRunOptions;
  readonly #folder: TempFolder;
  readonly #failures: string[] = [];
  readonly #apis: TrialApi[] = [];
  #server: SlipwayProcess | undefined;
  #killed = false;
  /** Names the repositories in use: new ones now and then, so that an audit stays short. */
  #epoch = 0;
  #starts = 0;

  private constructor(options: TrialRunOptions, folder: TempFolder) {
    this.#options = options;
    this.#folder = folder;
    this.world = createTrialWorld({ ledger: new ChangeLedger(), catalogue: new TrialCatalogue(options.seed), ...options });
  }

  static async open(options: TrialRunOptions): Promise<TrialRun> {
    const run = new TrialRun(options, await openTempFolder('slipway-trial-'));
    await run.start();
    return run;
  }

  get blobFolder(): string {
    return `${this.#folder.path}/data/blobs`;
  }

  get repositories(): readonly string[] {
    return [...this.#options.random.fork('').none(), ...this.#own(), this.#shared()];
  }

  async start(): Promise<void> {
    this.#server = await startSlipway({ data: `${this.#folder.path}/data`, adminPassword: PASSWORD, args: ['--log-level', 'warn'] });
    this.#killed = false;
    this.#starts += 1;
  }

  async kill9(): Promise<void> {
    this.#killed = true;
    await this.#server?.kill9();
  }

  /** From now on the clients use repositories of another name. */
  turnPage(): void {
    this.#epoch += 1;
  }

  api(): TrialApi {
    const options = {
      origin: this.#server?.origin ?? '',
      username: 'admin',
      password: PASSWORD,
      isKilled: () => this.#killed,
      onFailure: (line: string) => this.#failures.push(line),
    };
    const api = new TrialApi(options);
    this.#apis.push(api);
    return api;
  }
}
