/** The value of a Go number literal; undefined when it is none. Whole numbers that a double cannot hold are bigints. */
export function parseNumber(literal: string): number | bigint | undefined {
  const sign = literal.startsWith('-') ? -1 : 1;
  const digits = literal.replace(/^[+-]/, '');
  if (!hasGoodUnderscores(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  if (!/^(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.test(plain)) return undefined;
  const isFloat = /[.eE]/.test(plain) && !/^0[xX]/.test(plain);
  if (isFloat) return finite(sign * Number(plain));
  // A leading zero is octal, as in C.
  const isOctal = /^0\d+$/.test(plain);
  if (isOctal && /[89]/.test(plain)) return undefined;
  const whole = BigInt(isOctal ? `0o${plain.slice(1)}` : plain) * BigInt(sign);
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

/** An underscore stands between digits, or behind the sign of a base. */
function hasGoodUnderscores(digits: string): boolean {
  return !/__|_$|_[.eE](?![\da-fA-F])|[.]_|^_/.test(digits) && (!digits.includes('_') || /^0[xXoObB]|^0_|^[\d_.]+$/.test(digits));
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
