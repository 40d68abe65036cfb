import type { Compilable, CompiledQuery, Kysely } from 'kysely';

/** Stands for a parameter while a query is compiled. */
class Placeholder {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

type Parameter<Params> = <Name extends keyof Params>(name: Name) => Params[Name];
/** A driver that answers synchronously. */
export interface DirectQueries {
  rows(query: CompiledQuery): unknown[];
  /** Changes with every commit that reads can see; undefined where answers must not be remembered. */
  readonly generation?: number;
}

const directQueries = new WeakMap<object, DirectQueries>();

/** Lets prepared queries on `db` skip the general execution path. */
export function registerDirectQueries(db: object, queries: DirectQueries): void {
  directQueries.set(db, queries);
}

export interface PreparedOptions {
  /** Keeps answers for as long as nothing is committed. For small rows that are asked for again and again; they must not be changed. */
  readonly remember?: boolean;
}

/** Answers of one query by its parameters, all of one generation. */
interface Remembered<Row> {
  generation: number;
  readonly answers: Map<string, Row[]>;
}

const MAX_REMEMBERED = 4096;

/**
 * A query that is built and compiled once for each database and then only run: building SQL costs more than most point reads.
 * `build` sees typed stand-ins for the parameters and must use each as a plain value.
 */
export function prepared<Schema, Params>(options: PreparedOptions = {}) {
  return <Row>(build: (db: Kysely<Schema>, parameter: Parameter<Params>) => Compilable<Row>) => {
    const compiled = new WeakMap<object, CompiledQuery<Row>>();
    const remembered = new WeakMap<object, Remembered<Row>>();
    return async (db: Kysely<Schema>, params: Params): Promise<Row[]> => {
      let template = compiled.get(db);
      if (template === undefined) {
        template = build(db, (name) => new Placeholder(name) as never).compile();
        compiled.set(db, template);
      }
      const parameters = template.parameters.map((value) => (value instanceof Placeholder ? params[value.name as keyof Params] : value));
      const query = { ...template, parameters };
      const direct = directQueries.get(db);
      if (direct === undefined) return (await db.executeQuery<Row>(query)).rows;
      const { generation } = direct;
      if (options.remember !== true || generation === undefined) return direct.rows(query) as Row[];
      const answers = answersOf(remembered, { db, generation });
      // Typed, so that the number 1 and the text "1" are two parameters.
      const key = JSON.stringify(parameters);
      const known = answers.get(key);
      if (known !== undefined) return known;
      const rows = direct.rows(query) as Row[];
      if (answers.size >= MAX_REMEMBERED) answers.clear();
      answers.set(key, rows);
      return rows;
    };
  };
}

function answersOf<Row>(
  remembered: WeakMap<object, Remembered<Row>>,
  { db, generation }: { readonly db: object; readonly generation: number },
): Map<string, Row[]> {
  const entry = remembered.get(db) ?? { generation, answers: new Map<string, Row[]>() };
  if (entry.generation !== generation) {
    entry.generation = generation;
    entry.answers.clear();
  }
  remembered.set(db, entry);
  return entry.answers;
}
