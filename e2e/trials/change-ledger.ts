/** What a key can hold: a digest, or nothing. */
export type Held = string | undefined;

export type ObjectKind = 'blob' | 'manifest' | 'tag';

export interface ObjectKey {
  readonly kind: ObjectKind;
  readonly repository: string;
  readonly name: string;
}

export interface Change {
  readonly key: ObjectKey;
  readonly held: Held;
}

/** A request that changes objects, all of them or none. */
export interface Operation {
  readonly text: string;
  readonly changes: readonly Change[];
  /** What each key could hold when the request began. */
  readonly before: ReadonlyMap<string, ReadonlySet<Held>>;
}

interface Candidate {
  readonly operation: Operation | undefined;
  readonly held: Held;
  readonly beganAt: number;
  /** Infinity until it is acknowledged. */
  endedAt: number;
}

interface Tracked {
  readonly key: ObjectKey;
  candidates: Candidate[];
  readonly story: string[];
}

const STORY_LINES = 60;

/**
 * What clients were told, and what they asked for without hearing the end. An object may hold what an operation gave it unless another,
 * acknowledged one began after that operation was acknowledged.
 */
export class ChangeLedger {
  readonly #objects = new Map<string, Tracked>();
  readonly #names = new Map<string, string[]>();
  readonly #lost = new Set<Operation>();
  #moment = 0;

  begin(text: string, changes: readonly Change[]): Operation {
    const before = new Map(changes.map(({ key }) => [nameOf(key), this.possible(key)]));
    const operation = { text, changes, before };
    this.#moment += 1;
    for (const { key, held } of changes) {
      const tracked = this.#track(key);
      tracked.candidates.push({ operation, held, beganAt: this.#moment, endedAt: Number.POSITIVE_INFINITY });
      this.#tell(tracked, `begins  ${text}`);
    }
    return operation;
  }

  /** The server said that it is done. */
  acknowledge(operation: Operation): void {
    this.#moment += 1;
    for (const { key } of operation.changes) {
      const tracked = this.#track(key);
      for (const own of tracked.candidates.filter((candidate) => candidate.operation === operation)) {
        own.endedAt = this.#moment;
        tracked.candidates = tracked.candidates.filter((other) => other.endedAt >= own.beganAt);
      }
      this.#tell(tracked, `done    ${operation.text}`);
    }
  }

  /** The server refused it: nothing changed. */
  refuse(operation: Operation, answer: string): void {
    for (const { key } of operation.changes) {
      const tracked = this.#track(key);
      tracked.candidates = tracked.candidates.filter((candidate) => candidate.operation !== operation);
      this.#tell(tracked, `refused ${operation.text}: ${answer}`);
    }
  }

  /** No answer came: it may have happened, whole. */
  lose(operation: Operation): void {
    this.#lost.add(operation);
    for (const { key } of operation.changes) this.#tell(this.#track(key), `lost    ${operation.text}`);
  }

  /** From now on the server may take it away by itself, until it is pushed again. */
  doubt(key: ObjectKey): void {
    const tracked = this.#track(key);
    this.#moment += 1;
    tracked.candidates.push({ operation: undefined, held: undefined, beganAt: this.#moment, endedAt: this.#moment });
    this.#tell(tracked, 'may go');
  }

  /** Nothing runs any more and this is what the server shows. */
  settle(key: ObjectKey, held: Held): void {
    const tracked = this.#track(key);
    this.#moment += 1;
    tracked.candidates = [{ operation: undefined, held, beganAt: this.#moment, endedAt: this.#moment }];
    this.#tell(tracked, `shows   ${held ?? 'nothing'}`);
  }

  possible(key: ObjectKey): Set<Held> {
    return new Set(this.#objects.get(nameOf(key))?.candidates.map((candidate) => candidate.held) ?? [undefined]);
  }

  /** True when the object holds something, whatever operations without an end did. */
  isCertain(key: ObjectKey): boolean {
    return !this.possible(key).has(undefined);
  }

  names(kind: ObjectKind, repository: string): string[] {
    return [...(this.#names.get(`${kind} ${repository}`) ?? [])];
  }

  story(key: ObjectKey): string {
    return `${nameOf(key)}\n${(this.#objects.get(nameOf(key))?.story ?? []).map((line) => `    ${line}`).join('\n')}`;
  }

  /** Operations without an end since the last call. */
  takeLost(): Operation[] {
    const lost = [...this.#lost];
    this.#lost.clear();
    return lost;
  }

  #track(key: ObjectKey): Tracked {
    const name = nameOf(key);
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    const made = { key, candidates: [{ operation: undefined, held: undefined, beganAt: 0, endedAt: 0 }], story: [] };
    this.#objects.set(name, made);
    const list = `${key.kind} ${key.repository}`;
    this.#names.set(list, [...(this.#names.get(list) ?? []), key.name]);
    return made;
  }

  #tell(tracked: Tracked, line: string): void {
    tracked.story.push(`${this.#moment} ${line}`);
    if (tracked.story.length > STORY_LINES) tracked.story.shift();
  }
}

export function nameOf({ kind, repository, name }: ObjectKey): string {
  return `${kind} ${repository} ${name}`;
}
