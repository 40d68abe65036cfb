import { toPrintableLine } from '../printable.ts';
import { alignColumns } from '../table.ts';
import { DOCKER_FUNCTIONS } from './docker-functions.ts';
import type { FunctionTable } from './function-table.ts';
import { createListRow } from './list-row.ts';
import { parseTemplate, type Template } from './template.ts';

/** A field of a row: `{{.Name}}` in a template. */
export interface ListField<Row> {
  /** What stands above its column; for a method, such as `.Label "x"`, a function of as many parameters. */
  readonly heading: string | ((...args: readonly string[]) => string);
  /** Asked only for fields that are shown. A method is a function. */
  readonly value: (row: Row) => unknown;
}

export interface ListOptions<Row> {
  /** `--format`: `table`, `table TEMPLATE`, `json`, or a template. */
  readonly format?: string | undefined;
  readonly rows: readonly Row[];
  readonly fields: Readonly<Record<string, ListField<Row>>>;
  /** The default columns: `table {{.Repository}}\t{{.Tag}}`. */
  readonly table: string;
  /** Set for `--quiet`: the only field that is printed, unless a template was asked for. */
  readonly quietField?: string | undefined;
}

const TABLE = 'table';

/**
 * A list as docker prints it, each row ended by a line break. Without a format it is the default table. Headings stand above tables
 * alone, also above empty ones. Throws TEMPLATE_INVALID.
 */
export function renderList<Row>(options: ListOptions<Row>): string {
  const { format = TABLE, rows, fields, table, quietField } = options;
  if (format === TABLE || format === '') {
    return quietField === undefined ? renderAsTable(table, options) : renderAsLines(`{{.${quietField}}}`, options);
  }
  if (format.startsWith(TABLE)) return renderAsTable(format, options);
  if (format === 'json') return renderAsLines('{{json .}}', { rows, fields });
  return renderAsLines(format, options);
}

type Fields<Row> = Pick<ListOptions<Row>, 'rows' | 'fields'>;

function renderAsTable<Row>(format: string, { rows, fields }: Fields<Row>): string {
  const source = unescapeBreaks(format.slice(TABLE.length));
  const template = parseTemplate(source);
  const headings = parseTemplate(source, { functions: HEADING_FUNCTIONS });
  const lines = rows.map((row) => template.execute(rowObject(row, fields, toPrintableCell)));
  return alignColumns(`${[renderHeadings(headings, fields), ...lines].join('\n')}\n`);
}

function renderAsLines<Row>(format: string, { rows, fields }: Fields<Row>): string {
  const template = parseTemplate(unescapeBreaks(format));
  return rows.map((row) => `${template.execute(rowObject(row, fields, (value) => value))}\n`).join('');
}

const BREAKS: Readonly<Record<string, string>> = { [String.raw`\t`]: '\t', [String.raw`\n`]: '\n' };

/** Shells hand `\t` over as it was typed. In actions it belongs to Go. */
function unescapeBreaks(format: string): string {
  return format.replace(/^ +| +$/g, '').replace(/\{\{.*?\}\}|\\[tn]/gs, (part) => BREAKS[part] ?? part);
}

/** Computes a field when the template asks for it. */
function rowObject<Row>(row: Row, fields: Fields<Row>['fields'], show: (value: unknown) => unknown): object {
  const object = createListRow();
  for (const [name, { value }] of Object.entries(fields)) {
    Object.defineProperty(object, name, { enumerable: true, get: () => show(value(row)) });
  }
  return object;
}

/** A cell has no line breaks and tabs of its own: they would make cells and rows. */
function toPrintableCell(value: unknown): unknown {
  return typeof value === 'string' ? toPrintableLine(value) : value;
}

function renderHeadings<Row>(template: Template, fields: Fields<Row>['fields']): string {
  return template.execute(Object.fromEntries(Object.entries(fields).map(([name, { heading }]) => [name, heading])));
}

/** Above a column a function shows the heading of what it takes. */
const HEADING_FUNCTIONS: FunctionTable = Object.fromEntries(
  Object.keys({ ...DOCKER_FUNCTIONS, index: undefined, slice: undefined, printf: undefined, len: undefined, html: undefined }).map(
    (name) => [name, { min: 0, run: (args: readonly unknown[]) => findHeading(name, args) }],
  ),
);

function findHeading(name: string, args: readonly unknown[]): string {
  // `split` and `printf` take their list or text at one end; literals are never headings.
  const at = name === 'printf' ? args.slice(1) : args;
  return at.find((value): value is string => typeof value === 'string' && value !== '') ?? '';
}
