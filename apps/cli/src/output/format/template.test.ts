import { readFileSync } from 'node:fs';
import { AppError } from '@slipway/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from './template.ts';
import { toTemplateMap } from './values.ts';

interface Golden {
  readonly data: Record<string, unknown>;
  readonly cases: readonly { readonly template: string; readonly output?: string; readonly error?: string }[];
}

const golden = JSON.parse(readFileSync(new URL('testdata/templates.json', import.meta.url), 'utf8')) as Golden;
const data = {
  ...golden.data,
  Labels: toTemplateMap(golden.data['Labels'] as Record<string, string>),
  EmptyLabels: toTemplateMap({}),
};

const PARTS =
  '{{ }} {{- -}} | ( ) := = , $ $x . .Name .Tags .Labels .Config.Env if else end range with break continue nil true index len slice ' +
  'printf json join eq lt and or not split upper truncate pad call 1 -2 1.5 99 "a" "%d" `%v` \'x\' /* */';

function execute(template: string, value: unknown = data): string {
  return parseTemplate(template).execute(value);
}

function refuse(template: string, value: unknown = data): AppError {
  try {
    execute(template, value);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('parseTemplate()', () => {
  it.each(golden.cases.filter(({ error }) => error === undefined))('prints what Go prints: $template', ({ template, output }) => {
    expect(execute(template)).toBe(output);
  });

  it.each(golden.cases.filter(({ error }) => error !== undefined))('refuses in the words of Go: $template', ({ template, error }) => {
    expect(refuse(template)).toMatchObject({ code: 'TEMPLATE_INVALID', kind: 'invalid', message: error });
  });

  it('names the fields there are, and the near one', () => {
    const error = refuse('{{.Nmae}}', { Name: 'x', ID: 'y' });
    expect(error.message).toBe('template parsing error: template: :1:2: executing "" at <.Nmae>: can\'t evaluate field Nmae');
    expect(error.hint).toBe('Did you mean .Name? Fields: Name, ID.');
    expect(refuse('{{.id}}', { Name: 'x', ID: 'y' }).hint).toContain('Did you mean .ID?');
    expect(refuse('{{.constructor}}', {}).hint).toBe('There are no fields.');
    expect(refuse('{{.toString}}', {}).message).toContain("can't evaluate field toString");
  });

  it('suggests the near function', () => {
    expect(refuse('{{uper .Name}}').hint).toBe('Did you mean upper?');
    expect(refuse('{{constructor .Name}}').message).toContain('function "constructor" not defined');
  });

  it('calls methods with what the template gives', () => {
    const row = { Name: 'web', Label: (name: string) => `label ${name}`, Both: (a: string, b: string) => a + b };
    expect(execute('{{.Label "x"}} {{.Name | .Label}} {{.Both "a" "b"}}', row)).toBe('label x label web ab');
    expect(execute('{{with .Name}}{{$.Label .}}{{end}}', row)).toBe('label web');
    expect(refuse('{{.Label}}', row).message).toContain('wrong number of args for Label: want 1 got 0');
    expect(refuse('{{.Name "x"}}', row).message).toContain('Name has arguments but cannot be invoked as function');
  });

  it('knows a missing key from nothing', () => {
    expect(execute('{{.M.x}}|{{.M.x.y}}|{{.N}}|{{.U}}', { M: new Map([['a', 1]]), N: null, U: undefined })).toBe(
      '<no value>|<no value>|<nil>|<no value>',
    );
    expect(execute('{{index .M "x"}}|{{index .L "x"}}', { M: new Map<string, unknown>([['a', 1]]), L: { a: 'b' } })).toBe('<no value>|');
  });

  it('lets no value steer the terminal, in text and in JSON', () => {
    expect(execute('{{.}} {{json .}}', 'a\u001b[2J\n\u202e')).toBe('a\ufffd[2J\n\ufffd "a\\u001b[2J\\n\\u202e"');
  });

  it('keeps the order of fields in JSON, and sorts the keys of maps', () => {
    expect(execute('{{json .}}', { b: 1, a: toTemplateMap({ d: 1, c: '<&>' }) })).toBe('{"b":1,"a":{"c":"<&>","d":1}}');
  });

  it('refuses JSON of what goes round in circles', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(refuse('{{json .}}', circle).message).toContain('error calling json');
    expect(execute('{{.}}', circle)).toContain('...');
  });

  it.each([
    '{{range 1000000000}}x{{end}}',
    '{{range 100000}}{{range 100000}}{{end}}{{end}}',
    '{{range 100000}}{{printf "%100000d" 1}}{{end}}',
    `${'{{if true}}'.repeat(5000)}${'{{end}}'.repeat(5000)}`,
    `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`,
    '{{printf "%1000000000d" 1}}',
    '{{pad "x" 1000000000 0}}',
  ])('comes to an end: %.40s', (template) => {
    try {
      expect(execute(template).length).toBeLessThan(2_000_000);
    } catch (error) {
      expect(error).toMatchObject({ code: 'TEMPLATE_INVALID' });
    }
  });

  it('leaves text without actions as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('{{')),
        (text) => {
          expect(execute(text)).toBe(text);
        },
      ),
    );
  });

  it('reads any string literal back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(execute(`{{json ${parseTemplate('{{printf "%q" .}}').execute(text)}}}`)).toBe(execute('{{json .}}', text));
      }),
    );
  });

  it('throws nothing but TEMPLATE_INVALID, whatever it is given', () => {
    const part = fc.constantFrom(' ', '\n', ...PARTS.split(' '));
    const pieces = fc.array(fc.oneof({ weight: 9, arbitrary: part }, { weight: 1, arbitrary: fc.string({ maxLength: 3 }) }), {
      maxLength: 24,
    });
    fc.assert(
      fc.property(pieces, fc.constantFrom('', ' '), fc.boolean(), (words, between, isAction) => {
        const text = words.join(between);
        try {
          execute(isAction ? `{{${text}}}` : text);
        } catch (error) {
          expect(error).toMatchObject({
            code: 'TEMPLATE_INVALID',
            message: expect.stringContaining('template parsing error: template: :'),
          });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
