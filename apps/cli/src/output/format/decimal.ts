/** `d.ddd × 10^exponent`. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** More than a double needs to tell half from more than half. */
const EXACT_DIGITS = 100;

/** `d.ddde±dd`. The value is finite and not negative, as for all functions here. */
export function formatExponential(value: number, fraction: number): string {
  return renderExponential(roundTo(value, fraction + 1));
}

/** `ddd.ddd`. */
export function formatFixed(value: number, fraction: number): string {
  const { digits, exponent } = roundTo(value, exponentOf(value) + 1 + fraction);
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = exponent < 0 ? '0'.repeat(-exponent - 1) + digits : digits.slice(exponent + 1);
  return fraction === 0 ? whole : `${whole}.${rest.padEnd(fraction, '0').slice(0, fraction)}`;
}

/** Go's `%.3g`: so many significant digits, without zeros behind them. */
export function formatGeneral(value: number, precision: number): string {
  const { digits, exponent } = roundTo(value, precision);
  const significant = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= Math.max(precision, 1)) return renderExponential({ digits: significant, exponent });
  return formatFixed(value, Math.max(0, precision - 1 - exponent))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** Go's `%g` and `%v`: as many digits as tell it from its neighbours. */
export function formatShortest(value: number): string {
  const exponent = exponentOf(value);
  if (exponent >= -4 && exponent < 6) return String(value);
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  return renderExponential({ digits: mantissa.replace('.', ''), exponent: Number(power) });
}

function renderExponential({ digits, exponent }: Decimal): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function exponentOf(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** The nearest number of so many digits; of two the even one, unlike JavaScript's own functions. */
function roundTo(value: number, count: number): Decimal {
  const [mantissa = '', power = '0'] = value.toExponential(EXACT_DIGITS).split('e');
  const exact = mantissa.replace('.', '');
  const exponent = Number(power);
  if (count < 0) return { digits: '', exponent };
  const kept = exact.slice(0, count);
  if (!roundsUp(kept, exact.slice(count))) return { digits: kept.padEnd(count, '0'), exponent };
  const raised = (BigInt(kept || '0') + 1n).toString().padStart(count, '0');
  return raised.length > count ? { digits: raised.slice(0, Math.max(count, 1)), exponent: exponent + 1 } : { digits: raised, exponent };
}

function roundsUp(kept: string, rest: string): boolean {
  if (rest === '' || rest.charAt(0) < '5') return false;
  if (/^50*$/.test(rest)) return Number(kept.at(-1) ?? '0') % 2 === 1;
  return true;
}
