import { formatExponential, formatFixed, formatGeneral, formatShortest } from './decimal.ts';
import { printNumber, printValue } from './print-value.ts';
import { quote } from './quote.ts';
import { entriesOf, kindOf, typeNameOf } from './values.ts';

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(.?)/gsu;

/** A template must not ask for gigabytes of blanks; Go has the same limit. */
const MAX_WIDTH = 1_000_000;

/** No double has more that say something. */
const MAX_DIGITS = 60;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** Go's Sprintf for the values of a template, wrong verbs and missing arguments in Go's notation included. */
export function formatPrintf(format: string, args: readonly unknown[]): string {
  const left = [...args];
  const takeCount = (text: string | undefined, fallback: number | undefined): number | undefined => {
    const value = text === '*' ? left.shift() : Number(text ?? fallback);
    return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_WIDTH ? value : fallback;
  };
  const text = format.replace(DIRECTIVE, (...[, flags = '', widthText, precisionText, verb = '']: (string | undefined)[]) => {
    const width = takeCount(widthText, 0) ?? 0;
    const precision = precisionText === undefined ? undefined : takeCount(precisionText || '0', undefined);
    if (verb === '') return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (left.length === 0) return `%!${verb}(MISSING)`;
    const directive = { flags: width < 0 ? `${flags}-` : flags, width: Math.abs(width), precision, verb };
    return formatValue(left.shift(), directive);
  });
  if (left.length === 0) return text;
  return `${text}%!(EXTRA ${left.map((value) => (kindOf(value) === 'nil' ? '<nil>' : `${typeNameOf(value)}=${printValue(value)}`)).join(', ')})`;
}

function formatValue(value: unknown, directive: Directive): string {
  const { verb, flags } = directive;
  if (verb === 'T') return pad(typeNameOf(value), directive);
  switch (kindOf(value)) {
    case 'nil':
      return verb === 'v' ? pad('<nil>', directive) : `%!${verb}(<nil>)`;
    case 'slice':
      return `[${(value as readonly unknown[]).map((part) => formatValue(part, directive)).join(' ')}]`;
    case 'map':
      return `map[${entriesOf(value)
        .map(([key, part]) => `${formatValue(key, directive)}:${formatValue(part, directive)}`)
        .join(' ')}]`;
    case 'bool':
      return verb === 't' || verb === 'v' ? pad(String(value), directive) : badVerb(value, verb);
    case 'string':
      return formatText(value as string, directive);
    case 'int':
      // Go knows whole floats from integers, and JSON does not.
      if ('eEfFgG'.includes(verb)) return formatFloat(Number(value), directive);
      return formatInteger(BigInt(value as number | bigint), directive);
    case 'float':
      return verb === 'v' || 'eEfFgG'.includes(verb) ? formatFloat(value as number, directive) : badVerb(value, verb);
    case 'function':
      return pad(printValue(value), { ...directive, flags });
  }
}

function formatText(text: string, directive: Directive): string {
  const { verb, flags, precision } = directive;
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('');
  if (verb === 's' || verb === 'v') return pad(flags.includes('#') && verb === 'v' ? quote(cut) : cut, directive);
  if (verb === 'q') return pad(quote(cut), directive);
  if (verb !== 'x' && verb !== 'X') return badVerb(text, verb);
  const bytes = Buffer.from(text).subarray(0, precision);
  const hex = `${flags.includes('#') ? '0x' : ''}${bytes.toString('hex')}`;
  return pad(verb === 'X' ? hex.toUpperCase() : hex, directive);
}

const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  d: [10, ''],
  v: [10, ''],
  x: [16, '0x'],
  X: [16, '0X'],
  o: [8, '0'],
  O: [8, ''],
  b: [2, '0b'],
};

function formatInteger(value: bigint, directive: Directive): string {
  const { verb, flags, precision } = directive;
  if (verb === 'c' || verb === 'q' || verb === 'U')
    return pad(formatCharacter(value, verb), { ...directive, flags: flags.replaceAll('0', '') });
  const [base, prefix] = (Object.hasOwn(BASES, verb) ? BASES[verb] : undefined) ?? [0, ''];
  if (base === 0) return badVerb(value, verb);
  const magnitude = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, '0');
  const digits = precision === 0 && value === 0n ? '' : magnitude;
  const marked = verb === 'O' ? `0o${digits}` : `${flags.includes('#') ? prefix : ''}${digits}`;
  const number = signOf(value < 0n, flags) + (verb === 'X' ? marked.toUpperCase() : marked);
  // A precision says how many digits there are; zeros that fill are for numbers without.
  return pad(number, precision === undefined ? directive : { ...directive, flags: flags.replaceAll('0', '') });
}

function formatCharacter(value: bigint, verb: string): string {
  const isCharacter = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const character = String.fromCodePoint(isCharacter ? Number(value) : 0xfffd);
  if (verb === 'c') return character;
  if (character === "'") return String.raw`'\''`;
  return character === '"' ? `'"'` : `'${quote(character).slice(1, -1)}'`;
}

function formatFloat(value: number, directive: Directive): string {
  const { verb, flags } = directive;
  const text = formatMagnitude(Math.abs(value), directive);
  const isNegative = value < 0 || Object.is(value, -0);
  return pad(signOf(isNegative, flags) + (verb === verb.toUpperCase() ? text.toUpperCase() : text), directive);
}

function formatMagnitude(value: number, { verb, precision }: Directive): string {
  if (!Number.isFinite(value)) return printNumber(value).replace('+', '');
  const digits = Math.min(precision ?? 6, MAX_DIGITS);
  if (verb === 'f' || verb === 'F') return formatFixed(value, digits);
  if (verb === 'e' || verb === 'E') return formatExponential(value, digits);
  return precision === undefined ? formatShortest(value) : formatGeneral(value, Math.max(1, digits));
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function pad(text: string, { flags, width }: Directive): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]/.test(text) ? text.charAt(0) : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function badVerb(value: unknown, verb: string): string {
  return `%!${verb}(${typeNameOf(value)}=${printValue(value)})`;
}
