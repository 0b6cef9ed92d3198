/** `string.format` (Lua 5.1 reference, §5.4): C's conversions d i u c x X o e E f g G, and q and s. */
import { LuaError } from './error.ts';
import { formatExponential, formatFixed, formatGeneral, formatUnusual } from './numbers.ts';

/** What `format` reads its arguments with; each throws `LuaError` for an argument of another type. */
export interface FormatArguments {
  number(): number;
  text(): string;
}

const directive = /^([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?(.)/s;

interface Layout {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

/** Fills a format. */
export function formatText(format: string, args: FormatArguments): string {
  let text = '';
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf('%', at);
    if (percent < 0) return text + format.slice(at);
    text += format.slice(at, percent);
    if (format[percent + 1] === '%') {
      text += '%';
      at = percent + 2;
      continue;
    }
    const parsed = directive.exec(format.slice(percent + 1));
    if (parsed === null) throw new LuaError("invalid option '%' to 'format'");
    const [whole, flags = '', width = '', precision, conversion = ''] = parsed;
    const layout = {
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
    };
    text += convert(conversion, layout, args);
    at = percent + 1 + whole.length;
  }
  return text;
}

function convert(conversion: string, layout: Layout, args: FormatArguments): string {
  switch (conversion) {
    case 'd':
    case 'i':
      return padNumber(integer(Math.trunc(args.number()), 10, layout), layout, layout.precision === undefined);
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return padNumber(unsigned(conversion, args.number(), layout), layout, layout.precision === undefined);
    case 'c':
      return pad(String.fromCharCode(args.number() & 0xff), layout);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return padNumber(floating(conversion, args.number(), layout), layout, true);
    case 's': {
      const text = args.text();
      return pad(layout.precision === undefined ? text : text.slice(0, layout.precision), layout);
    }
    case 'q':
      return quote(args.text());
    default:
      throw new LuaError(`invalid option '%${conversion}' to 'format'`);
  }
}

function integer(value: number, base: number, { flags, precision = 1 }: Layout): string {
  if (!Number.isFinite(value)) return formatUnusual(value);
  const digits = BigInt(Math.abs(value)).toString(base).padStart(precision, '0');
  return (value < 0 ? '-' : plusOf(flags)) + digits;
}

function unsigned(conversion: 'u' | 'o' | 'x' | 'X', value: number, layout: Layout): string {
  const base = conversion === 'u' ? 10 : conversion === 'o' ? 8 : 16;
  const whole = Number.isFinite(value) ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : 0n;
  const digits = whole.toString(base).padStart(layout.precision ?? 1, '0');
  const prefix = layout.flags.includes('#') && base === 16 && whole !== 0n ? '0x' : '';
  return conversion === 'X' ? (prefix + digits).toUpperCase() : prefix + digits;
}

function floating(conversion: 'e' | 'E' | 'f' | 'g' | 'G', value: number, { flags, precision = 6 }: Layout): string {
  const size = Math.abs(value);
  const lower = conversion.toLowerCase();
  let digits: string;
  if (!Number.isFinite(value)) digits = formatUnusual(size);
  else if (lower === 'f') digits = formatFixed(size, precision);
  else if (lower === 'e') digits = formatExponential(size, precision);
  else digits = formatGeneral(size, precision, flags.includes('#'));
  const signed = (value < 0 || Object.is(value, -0) ? '-' : plusOf(flags)) + digits;
  return conversion === lower ? signed : signed.toUpperCase();
}

function plusOf(flags: string): string {
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function pad(text: string, { flags, width }: Layout): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

function padNumber(text: string, layout: Layout, mayHaveZeros: boolean): string {
  if (!layout.flags.includes('0') || layout.flags.includes('-') || !mayHaveZeros) return pad(text, layout);
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(layout.width - sign.length, '0');
}

/** A string that Lua reads back. */
function quote(text: string): string {
  const escaped = text.replace(/["\\\n]/g, (character) => `\\${character}`);
  return `"${escaped.replaceAll('\r', '\\r').replaceAll('\0', '\\000')}"`;
}
