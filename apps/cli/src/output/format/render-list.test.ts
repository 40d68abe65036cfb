import { describe, expect, it } from 'vitest';
import { type ListField, renderList } from './render-list.ts';

interface Row {
  readonly repository: string;
  readonly tag: string;
  readonly id: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const FIELDS: Readonly<Record<string, ListField<Row>>> = {
  Repository: { heading: 'REPOSITORY', value: ({ repository }) => repository },
  Tag: { heading: 'TAG', value: ({ tag }) => tag },
  ID: { heading: 'IMAGE ID', value: ({ id }) => id },
  Label: {
    heading: (name) => name.toUpperCase(),
    value:
      ({ labels = {} }) =>
      (name: string) =>
        labels[name] ?? '',
  },
};
const { Label: _, ...PLAIN_FIELDS } = FIELDS;
const ROWS: readonly Row[] = [
  { repository: 'library/app', tag: 'latest', id: '0123456789ab', labels: { team: 'a' } },
  { repository: 'x', tag: '1.0', id: 'ba9876543210' },
];
const TABLE = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}';

function render(format?: string, { rows = ROWS, quietField }: { rows?: readonly Row[]; quietField?: string } = {}): string {
  return renderList({ format, rows, fields: FIELDS, table: TABLE, quietField });
}

describe('renderList()', () => {
  it('prints the default table', () => {
    const table = [
      'REPOSITORY    TAG       IMAGE ID',
      'library/app   latest    0123456789ab',
      'x             1.0       ba9876543210',
      '',
    ].join('\n');
    expect(render()).toBe(table);
    expect(render('table')).toBe(table);
    expect(render('')).toBe(table);
  });

  it('prints headings above nothing', () => {
    expect(render(undefined, { rows: [] })).toBe('REPOSITORY   TAG       IMAGE ID\n');
  });

  it.each<[string, string]>([
    ['table {{.Repository}}', 'REPOSITORY\nlibrary/app\nx\n'],
    [String.raw`table {{.Tag}}\t{{.ID}}`, 'TAG       IMAGE ID\nlatest    0123456789ab\n1.0       ba9876543210\n'],
    ['table {{upper .Repository}}\t{{.ID | truncate 3}}', ''],
    ['table {{upper .Repository}}\t{{truncate .ID 3}}', 'REPOSITORY    IMAGE ID\nLIBRARY/APP   012\nX             ba9\n'],
    ['table {{.Label "team"}}\t{{.Tag}}', 'TEAM      TAG\na         latest\n          1.0\n'],
    ['table {{if .Tag}}{{.Repository}}:{{.Tag}}{{end}}', 'REPOSITORY:TAG\nlibrary/app:latest\nx:1.0\n'],
    ['table {{json .Tag}}', 'TAG\n"latest"\n"1.0"\n'],
    ['table {{join (split .Repository "/") "+"}}\t{{printf "%.3s" .Tag}}', 'REPOSITORY    TAG\nlibrary+app   lat\nx             1.0\n'],
  ])('prints the table %s', (format, output) => {
    if (output === '') expect(() => render(format)).toThrowError('template parsing error');
    else expect(render(format)).toBe(output);
  });

  it('prints a line a row for a template, without headings', () => {
    expect(render('{{.Repository}}:{{.Tag}}')).toBe('library/app:latest\nx:1.0\n');
    expect(render(String.raw`{{.Tag}}\t{{.ID}}`)).toBe('latest\t0123456789ab\n1.0\tba9876543210\n');
    expect(render('{{.Tag}}', { rows: [] })).toBe('');
  });

  it('takes escapes for breaks outside of actions, where Go reads them itself', () => {
    expect(render(String.raw`{{join (split .Repository "/") "\n"}}\t{{"\t"}}|`)).toBe('library\napp\t\t|\nx\t\t|\n');
    expect(render('  {{.Tag}}  ')).toBe('latest\n1.0\n');
  });

  it('prints an object a row for json, keys in order, all fields but methods', () => {
    const lines = '{"ID":"0123456789ab","Repository":"library/app","Tag":"latest"}\n{"ID":"ba9876543210","Repository":"x","Tag":"1.0"}\n';
    expect(render('json')).toBe(lines);
    expect(render('{{json .}}')).toContain('"Repository":"library/app"');
    expect(renderList({ format: 'json', rows: ROWS, fields: PLAIN_FIELDS, table: TABLE })).toBe(lines);
  });

  it('prints one field when quiet, unless a template was asked for', () => {
    expect(render(undefined, { quietField: 'ID' })).toBe('0123456789ab\nba9876543210\n');
    expect(render('table', { quietField: 'ID' })).toBe('0123456789ab\nba9876543210\n');
    expect(render('{{.Tag}}', { quietField: 'ID' })).toBe('latest\n1.0\n');
  });

  it('asks only for what is shown', () => {
    const fields = {
      Cheap: { heading: 'CHEAP', value: () => 'x' },
      Dear: {
        heading: 'DEAR',
        value: () => {
          throw new Error('was asked');
        },
      },
    };
    expect(renderList({ rows: [1], fields, table: 'table {{.Cheap}}' })).toBe('CHEAP\nx\n');
  });

  it('says which fields there are', () => {
    expect(() => render('{{.Repo}}')).toThrowError(
      expect.objectContaining({ code: 'TEMPLATE_INVALID', hint: 'Did you mean .Repository? Fields: Repository, Tag, ID, Label.' }),
    );
    expect(() => render('table {{.Repo}}', { rows: [] })).toThrowError("can't evaluate field Repo");
  });

  it('lets no value make cells, rows or colours', () => {
    const rows = [{ repository: 'a\tb\nc\u001b[31m', tag: 't', id: 'i' }];
    expect(render(undefined, { rows })).toBe('REPOSITORY   TAG       IMAGE ID\na\ufffdb\ufffdc\ufffd[31m   t         i\n');
    expect(render('{{.Repository}}', { rows })).toBe('a\tb\nc\ufffd[31m\n');
  });
});
