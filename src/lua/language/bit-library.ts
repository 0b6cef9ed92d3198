/** The library `bit` of LuaJIT (BitOp): numbers as 32 bits, results signed. */
import { integerArgument, libraryOf, numberArgument } from './arguments.ts';
import type { LuaTable, LuaValues } from './value.ts';

const hexDigits = 8;
/** As many as LuaJIT gives; above that it counts anew from 0. */
const maxHexDigits = 254;

export function bitLibrary(): LuaTable {
  const one = (name: string, compute: (bits: number) => number) => (args: LuaValues) => [
    compute(bitsArgument(args, 0, name)),
  ];
  const all = (name: string, combine: (a: number, b: number) => number) => (args: LuaValues) => {
    let bits = bitsArgument(args, 0, name);
    for (let index = 1; index < args.length; index++) bits = combine(bits, bitsArgument(args, index, name));
    return [bits];
  };
  // Of a count the five lowest bits count, as JavaScript's own shifts have it.
  const by = (name: string, move: (bits: number, count: number) => number) => (args: LuaValues) => [
    move(bitsArgument(args, 0, name), bitsArgument(args, 1, name) & 31) | 0,
  ];
  return libraryOf('bit.', {
    tobit: one('tobit', (bits) => bits),
    bnot: one('bnot', (bits) => ~bits),
    bswap: one('bswap', swapOctets),
    band: all('band', (a, b) => a & b),
    bor: all('bor', (a, b) => a | b),
    bxor: all('bxor', (a, b) => a ^ b),
    lshift: by('lshift', (bits, count) => bits << count),
    rshift: by('rshift', (bits, count) => bits >>> count),
    arshift: by('arshift', (bits, count) => bits >> count),
    rol: by('rol', rotateLeft),
    ror: by('ror', (bits, count) => rotateLeft(bits, 32 - count)),
    tohex: (args) => [toHex(bitsArgument(args, 0, 'tohex'), integerArgument(args, 1, 'tohex', hexDigits))],
  });
}

/** A number's lowest 32 bits, signed; what is no integer is rounded, halves to even. */
function bitsArgument(args: LuaValues, index: number, name: string): number {
  const value = numberArgument(args, index, name);
  const floor = Math.floor(value);
  const rest = value - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (isUp ? floor + 1 : floor) | 0;
}

function rotateLeft(bits: number, count: number): number {
  return (bits << count) | (bits >>> (32 - count));
}

function swapOctets(bits: number): number {
  return (bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24);
}

/** The lowest `digits` hexadecimal digits; in capital letters for a negative number of them. */
function toHex(bits: number, digits: number): string {
  const count = Math.min(Math.abs(digits), maxHexDigits);
  const padded = (bits >>> 0).toString(16).padStart(Math.max(count, hexDigits), '0');
  const text = padded.slice(padded.length - count);
  return digits < 0 ? text.toUpperCase() : text;
}
