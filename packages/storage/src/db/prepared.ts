import type { Compilable, CompiledQuery, Kysely } from 'kysely';

/** Stands for a parameter while a query is compiled. */
class Placeholder {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

type Parameter<Params> = <Name extends keyof Params>(name: Name) => Params[Name];
type DirectQuery = (query: CompiledQuery) => unknown[];

const directQueries = new WeakMap<object, DirectQuery>();

/** Lets prepared queries on `db` skip the general execution path: for drivers that answer synchronously. */
export function registerDirectQuery(db: object, query: DirectQuery): void {
  directQueries.set(db, query);
}

/**
 * A query that is built and compiled once for each database and then only run: building SQL costs more than most point reads.
 * `build` sees typed stand-ins for the parameters and must use each as a plain value.
 */
export function prepared<Schema, Params>() {
  return <Row>(build: (db: Kysely<Schema>, parameter: Parameter<Params>) => Compilable<Row>) => {
    const compiled = new WeakMap<object, CompiledQuery<Row>>();
    return async (db: Kysely<Schema>, params: Params): Promise<Row[]> => {
      let template = compiled.get(db);
      if (template === undefined) {
        template = build(db, (name) => new Placeholder(name) as never).compile();
        compiled.set(db, template);
      }
      const parameters = template.parameters.map((value) => (value instanceof Placeholder ? params[value.name as keyof Params] : value));
      const query = { ...template, parameters };
      const direct = directQueries.get(db);
      if (direct !== undefined) return direct(query) as Row[];
      return (await db.executeQuery<Row>(query)).rows;
    };
  };
}
