/** What a column holds. Integers beyond 2^53 are refused when they are read. */
export type SqlValue = string | number | null;

/** The first row of an answer, if there is one. */
export type Found<Row> = Row | undefined;

/** Questions to the state. Rows are of the shape that the SQL says: the caller names it. Statements are prepared once and kept. */
export interface StateReader {
  all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[];
  get<Row>(sql: string, ...parameters: readonly SqlValue[]): Found<Row>;
}

export interface StateTransaction extends StateReader {
  /** Resolves to the number of rows that changed. */
  run(sql: string, ...parameters: readonly SqlValue[]): number;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
}

/**
 * What images, names, layers, snapshots and leases there are on this machine: one SQLite file that any number of processes use at once.
 * Errors: STATE_BUSY, STATE_FAILED.
 */
export interface StateDatabase extends StateReader, Disposable {
  /** Runs a synchronous body whose questions all see the same moment. */
  read<T>(body: (reader: StateReader) => T): T;
  /**
   * Runs a synchronous body in an immediate transaction: it is durable when this resolves, and nothing of it is visible when this rejects. Waits without
   * blocking the event loop while another process writes; STATE_BUSY after 30 s. The body runs at most once.
   */
  write<T>(body: (transaction: StateTransaction) => T, options?: WriteOptions): Promise<T>;
}
