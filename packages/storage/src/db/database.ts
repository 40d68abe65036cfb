import type { Kysely } from 'kysely';

/**
 * The body of one write transaction. It may do nothing but queries on `tx`: it runs where the database's writing connection lives (for SQLite
 * another thread), so input and output are plain data that can be cloned. What it throws undoes all it did.
 */
export type TransactionBody<Schema> = (tx: Kysely<Schema>, input: never) => Promise<unknown>;

/** Transactions by name; names carry their package's prefix (`registry.putManifest`). */
export type Transactions<Schema> = Readonly<Record<string, TransactionBody<Schema>>>;

type InputOf<Body> = Body extends (tx: never, input: infer Input) => unknown ? Input : never;
type OutputOf<Body> = Body extends (tx: never, input: never) => Promise<infer Output> ? Output : never;

/**
 * A relational database: reads at once on a connection of their own, writes as named transactions.
 *
 * A read that begins after `write` resolved sees what it wrote. Writes are serializable and run in the order in which they were given.
 */
export interface Database<Schema, Writes extends Transactions<Schema>> {
  /** For reads alone; a write through it fails. Each query sees one consistent state. */
  readonly reader: Kysely<Schema>;
  /**
   * Runs one transaction and resolves once its effects would survive power loss. Rejects with the AppError its body threw, or with
   * DATABASE_FULL, DATABASE_FAILED; then nothing of it took effect.
   */
  write<Name extends keyof Writes & string>(name: Name, input: InputOf<Writes[Name]>): Promise<OutputOf<Writes[Name]>>;
  /** Waits for the writes under way, then closes. Later calls reject with DATABASE_CLOSED. */
  close(): Promise<void>;
}
