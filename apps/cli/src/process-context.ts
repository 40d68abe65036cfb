import type { Clock } from '@slipway/base';
import type { InputStream, OutputStream } from './terminal/streams.ts';

/** The process that a command runs in. */
export interface ProcessContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The process's own: paths that go to the system may be relative. */
  readonly cwd: string;
  /** Slipway's own folder, which `package.json` lies in. */
  readonly checkout: string;
  readonly clock: Clock;
  /** Aborts with INTERRUPTED on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Leaves signals, broken pipes and unforeseen errors to the command: for what runs on and has its own ways. */
  releaseProcess(): void;
}
