import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { cliError } from '../errors.ts';
import type { InputStream, OutputStream } from './streams.ts';

export interface Prompts {
  /** Asks for a secret; what is typed is not shown. Throws TERMINAL_NEEDED, with the hint, where nobody can be asked. */
  readSecret(question: string, hint: string): Promise<string>;
  /** Asks for a line of text, which is shown as it is typed. Throws as `readSecret` does. */
  readLine(question: string, hint: string): Promise<string>;
  /** Asks for yes or no; anything but y or yes is no. Throws as `readSecret` does. */
  confirm(question: string, hint: string): Promise<boolean>;
}

export interface PromptsOptions {
  readonly stdin: InputStream;
  /** Questions go to stderr, so that stdout holds results alone. */
  readonly stderr: OutputStream;
  readonly signal: AbortSignal;
}

const YES = /^\s*y(es)?\s*$/i;

export function createPrompts({ stdin, stderr, signal }: PromptsOptions): Prompts {
  async function ask(question: string, options: { readonly hint: string; readonly echo: boolean }): Promise<string> {
    if (stdin.isTTY !== true) throw cliError('TERMINAL_NEEDED', `Cannot ask "${question}": there is no terminal`, { hint: options.hint });
    if (!options.echo) stderr.write(`${question}: `);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    // `terminal` takes the tty's own echo away; readline's echo then goes to its output, which for secrets is nowhere.
    const lines = createInterface({ input: stdin, output: options.echo ? stderr : silent, terminal: true, historySize: 0 });
    const { promise: interrupted, reject } = Promise.withResolvers<never>();
    const interrupt = () => reject(cliError('INTERRUPTED', 'Interrupted'));
    lines.once('SIGINT', interrupt);
    lines.once('close', interrupt);
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      return await Promise.race([lines.question(options.echo ? `${question}: ` : ''), interrupted]);
    } finally {
      lines.off('close', interrupt);
      signal.removeEventListener('abort', interrupt);
      lines.close();
      if (!options.echo) stderr.write('\n');
    }
  }

  return {
    readSecret: async (question, hint) => await ask(question, { hint, echo: false }),
    readLine: async (question, hint) => await ask(question, { hint, echo: true }),
    confirm: async (question, hint) => YES.test(await ask(`${question} [y/N]`, { hint, echo: true })),
  };
}
