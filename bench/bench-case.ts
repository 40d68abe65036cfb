import type { BenchServer } from './servers/bench-server.ts';

export interface CaseContext {
  readonly server: BenchServer;
  /** For scratch files; apart from the server's. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface Throughput {
  /** What was done, in the case's unit without its "/s". */
  readonly amount: number;
  readonly seconds: number;
}

/** One run. Rejects when any answer was wrong. */
export type TimedRun = () => Promise<Throughput>;

interface CaseHead {
  /** The name on the command line. */
  readonly name: string;
  readonly title: string;
  /** What is not equal on both sides, for the reader of the table. */
  readonly note?: string;
}

/** Both servers are prepared once, then run alternately; the medians are compared. */
export interface ThroughputCase extends CaseHead {
  readonly kind: 'throughput';
  readonly unit: 'MB/s' | 'req/s' | 'images/s';
  /** Ours divided by the peer's; undefined when the figure is there for information. */
  readonly target: number | undefined;
  readonly rounds: number;
  /** Pushes what is needed and verifies, untimed, that the server returns it rightly. */
  readonly prepare: (context: CaseContext) => Promise<TimedRun>;
}

/** One run against a fresh server; the figure is the peak of the server's resident memory. */
export interface MemoryCase extends CaseHead {
  readonly kind: 'memory';
  readonly ceilingMegabytes: number;
  /** Does the work and resolves to the peak in MB. */
  readonly measure: (context: CaseContext) => Promise<number>;
}

/** Somebody who does the work of a contest. */
export interface Contestant {
  readonly name: string;
  /** Before each run, untimed: makes its start equal. */
  readonly reset: () => Promise<void>;
  readonly run: TimedRun;
}

export interface Contest extends AsyncDisposable {
  readonly ours: Contestant;
  readonly peers: readonly Contestant[];
}

/** Our command line and those of the field do the same work in turns; the fastest of the peers is the one to compare with. */
export interface ContestCase extends CaseHead {
  readonly kind: 'contest';
  readonly unit: 'MB/s';
  /** Ours divided by the fastest peer's. */
  readonly target: number;
  readonly rounds: number;
  readonly prepare: (context: Omit<CaseContext, 'server'>) => Promise<Contest>;
}

/** One run of ours; the figure is the peak of all its processes' memory. */
export interface CommandMemoryCase extends CaseHead {
  readonly kind: 'command-memory';
  readonly ceilingMegabytes: number;
  /** Does the work and resolves to the peaks in MB: ours and, for information, a peer's. */
  readonly measure: (context: Omit<CaseContext, 'server'>) => Promise<{ readonly ours: number; readonly peer: number }>;
}

export type BenchCase = ThroughputCase | MemoryCase | ContestCase | CommandMemoryCase;
