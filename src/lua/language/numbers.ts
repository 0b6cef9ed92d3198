/** Numbers between text and value, as Lua 5.1 has them (`tonumber`, `tostring`, arithmetic on strings). */

/** Writes a number as C's `%.14g` does. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14) return Object.is(value, -0) ? '-0' : String(value);
  return formatGeneral(value, 14, false);
}

/** C's `%.{precision}g`; `keepsZeros` is its `#` flag. */
export function formatGeneral(value: number, precision: number, keepsZeros: boolean): string {
  if (!Number.isFinite(value)) return formatUnusual(value);
  const digits = Math.min(100, Math.max(1, precision));
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  const trim = (text: string): string => (keepsZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, ''));
  if (exponent < -4 || exponent >= digits) return trim(mantissa) + exponentSuffix(exponent);
  const fixed = Object.is(value, -0)
    ? `-${(0).toFixed(digits - 1)}`
    : value.toFixed(Math.max(0, digits - 1 - exponent));
  return trim(fixed);
}

/** The most digits that a number is written with. */
const maxDigits = 99;

/** `%.{precision}f`; what lies in the very middle goes up, in LuaJIT as in JavaScript, other than in C. */
export function formatFixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatUnusual(value);
  const digits = Math.min(maxDigits, precision);
  // Above, there are no digits after the point.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${digits === 0 ? '' : `.${'0'.repeat(digits)}`}`;
  return value.toFixed(digits);
}

/** C's `%.{precision}e`. */
export function formatExponential(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatUnusual(value);
  const [mantissa = '', exponent = '0'] = value.toExponential(Math.min(maxDigits, precision)).split('e');
  return mantissa + exponentSuffix(Number(exponent));
}

function exponentSuffix(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `inf`, `-inf` and `nan`. */
export function formatUnusual(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]+)$/;
const blanks = ' \t\n\v\f\r';

/** Takes blanks off both ends in one pass: a regular expression would try each run of blanks inside from every place. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && blanks.includes(text.charAt(from))) from++;
  while (to > from && blanks.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Reads a number as written in Lua, blanks around it allowed; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  const word = withoutBlanks(text);
  if (decimal.test(word)) return Number(word);
  const hex = hexadecimal.exec(word);
  if (hex === null) return undefined;
  const value = Number.parseInt(hex[2] ?? '', 16);
  return hex[1] === '-' ? -value : value;
}

/** Reads a whole number in a base from 2 to 36; undefined for anything else. */
export function parseInBase(text: string, base: number): number | undefined {
  const word = withoutBlanks(text).toLowerCase();
  const isNegative = word.startsWith('-');
  const digits = isNegative ? word.slice(1) : word;
  let value = 0;
  for (const digit of digits) {
    const worth = /[0-9a-z]/.test(digit) ? Number.parseInt(digit, 36) : 36;
    if (worth >= base) return undefined;
    value = value * base + worth;
  }
  if (digits === '') return undefined;
  return isNegative ? -value : value;
}
