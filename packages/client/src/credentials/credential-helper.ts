import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '@slipway/base';
import { clientError } from '../errors.ts';
import { isRecord } from './config-file.ts';
import type { Credential } from './credential.ts';

/** Runs a program with `input` on its standard input; rejects when it cannot be started. */
export type RunProgram = (program: string, args: readonly string[], input: string) => Promise<ProgramResult>;

export interface ProgramResult {
  readonly exitCode: number;
  /** Both streams, as docker reads them. */
  readonly output: string;
}

/** The user name that stands for an identity token. */
const TOKEN_USERNAME = '<token>';
const NOT_FOUND = 'credentials not found in native keychain';

/** A credential helper: `docker-credential-<name>` with docker's protocol. Errors: CREDENTIAL_HELPER_FAILED (unavailable). */
export class CredentialHelper {
  readonly #name: string;
  readonly #run: RunProgram;

  constructor(name: string, run: RunProgram) {
    this.#name = name;
    this.#run = run;
  }

  async get(key: string): Promise<Credential | undefined> {
    const { exitCode, output } = await this.#call('get', key);
    if (exitCode !== 0) {
      if (output.includes(NOT_FOUND)) return undefined;
      throw this.#failure('get', output);
    }
    const answer = parseAnswer(output);
    const [username, secret] = [answer?.['Username'], answer?.['Secret']];
    // The answer may hold the secret: it is in no message.
    if (typeof username !== 'string' || typeof secret !== 'string') throw this.#failure('get', 'its answer is not what docker expects');
    if (username === TOKEN_USERNAME) return { kind: 'identity-token', username: '', identityToken: secret };
    return username === '' && secret === '' ? undefined : { kind: 'password', username, password: secret };
  }

  async store(key: string, credential: Credential): Promise<void> {
    const [username, secret] = pairOf(credential);
    const { exitCode, output } = await this.#call('store', JSON.stringify({ ServerURL: key, Username: username, Secret: secret }));
    if (exitCode !== 0) throw this.#failure('store', output);
  }

  async erase(key: string): Promise<void> {
    const { exitCode, output } = await this.#call('erase', key);
    if (exitCode !== 0 && !output.includes(NOT_FOUND)) throw this.#failure('erase', output);
  }

  async #call(action: string, input: string): Promise<ProgramResult> {
    try {
      return await this.#run(`docker-credential-${this.#name}`, [action], input);
    } catch (error) {
      throw this.#failure(action, messageOf(error), error);
    }
  }

  #failure(action: string, why: string, cause?: unknown): Error {
    const message = `Cannot ${action} credentials with "docker-credential-${this.#name}": ${why.trim().slice(0, 500)}`;
    return clientError('CREDENTIAL_HELPER_FAILED', message, { cause });
  }
}

function pairOf(credential: Credential): [string, string] {
  if (credential.kind === 'password') return [credential.username, credential.password];
  return [TOKEN_USERNAME, credential.kind === 'identity-token' ? credential.identityToken : credential.registryToken];
}

function parseAnswer(output: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(output);
    return isRecord(answer) ? answer : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Runs the program found on PATH, with this process's environment. */
export const runProgram: RunProgram = async (program, args, input) => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A helper may end without reading: what it says then matters more than the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return { exitCode: child.exitCode ?? 1, output: Buffer.concat(chunks).toString() };
};
