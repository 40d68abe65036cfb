import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killGroup } from '../peers/program.ts';
import type { RandomChoice } from './random-choice.ts';

export interface StormClientOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly random: RandomChoice;
  /** Names of images in the registry. */
  readonly names: readonly string[];
  /** Of each command that is given the time to end: how often it is not. */
  readonly killChance: number;
  /** Counts what was done. */
  readonly tally: Map<string, number>;
}

const LAUNCHER = fileURLToPath(new URL('../../bin/slipway', import.meta.url));
const ACTIONS = { pull: 10, rmi: 3, prune: 2, images: 1, inspect: 1, save: 1, tag: 1 };
const KILL_WITHIN_MS = 1300;
const GONE = /No such image|reference does not exist/;

/** Runs one command of `bin/slipway` after the other, and kills some of them. */
export class StormClient {
  readonly #options: StormClientOptions;
  readonly #running = new Set<number>();

  constructor(options: StormClientOptions) {
    this.#options = options;
  }

  /** Until the signal. Rejects when a command that was left alone did not do what it should. */
  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#runOne();
  }

  /** All that runs, at once. */
  killAll(): void {
    for (const pid of this.#running) this.#kill(pid, true);
  }

  async #runOne(): Promise<void> {
    const { random, names, killChance, tally } = this.#options;
    const action = random.weighted(ACTIONS);
    const name = random.pickFrom(names) ?? '';
    const killAfterMs = random.chance(killChance) ? random.below(KILL_WITHIN_MS) : undefined;
    const isWithChildren = random.chance(0.5);
    const args = argumentsOf(action, name);
    const child = spawn(LAUNCHER, args, { env: this.#options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const pid = child.pid ?? 0;
    this.#running.add(pid);
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => this.#kill(pid, isWithChildren), killAfterMs);
    child.stdout.resume();
    const complaints = child.stderr.setEncoding('utf8').toArray() as Promise<string[]>;
    const [code, ended] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    this.#running.delete(pid);
    const outcome = ended === 'SIGKILL' ? 'killed' : outcomeOf(action, code, (await complaints).join(''));
    tally.set(`${action} ${outcome}`, (tally.get(`${action} ${outcome}`) ?? 0) + 1);
    if (outcome !== 'killed' && outcome !== 'done' && outcome !== 'gone') throw new Error(`slipway ${args.join(' ')}: ${outcome}`);
  }

  #kill(pid: number, isWithChildren: boolean): void {
    if (!this.#running.has(pid)) return;
    if (isWithChildren) killGroup(pid, 'SIGKILL');
    else process.kill(pid, 'SIGKILL');
  }
}

function argumentsOf(action: keyof typeof ACTIONS, name: string): readonly string[] {
  switch (action) {
    case 'pull':
      return ['pull', '-q', name];
    case 'rmi':
      return ['rmi', '-f', name];
    case 'prune':
      return ['system', 'prune', '-a', '-f'];
    case 'images':
      return ['images', '--digests'];
    case 'inspect':
      return ['image', 'inspect', name];
    case 'save':
      return ['save', '-o', '/dev/null', name];
    case 'tag':
      return ['tag', name, `${name}-again`];
  }
}

/** `gone`: what the command is about may have been removed by another one. */
function outcomeOf(action: keyof typeof ACTIONS, code: number | null, complaint: string): string {
  if (code === 0) return 'done';
  if (action !== 'pull' && action !== 'prune' && action !== 'images' && GONE.test(complaint)) return 'gone';
  return `exited with ${code}: ${complaint}`;
}
