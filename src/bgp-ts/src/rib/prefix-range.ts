/**
 * Ranges of prefixes for whitelists: what a peer may be told, and what is taken in of it. A range is a prefix and the
 * lengths that count within it. Knows nothing of routes.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Prefix } from '../wire/address.ts';
import { familyOf, parsePrefix, prefixParts } from '../wire/address.ts';
import type { Family } from '../wire/family.ts';

/** Prefixes within `prefix` whose length is from `minLength` to `maxLength`; both default to the prefix's own. */
export interface PrefixRange {
  readonly prefix: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A checked range. */
export interface CheckedRange {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly bitCount: number;
  readonly minLength: number;
  readonly maxLength: number;
}

/** Checks ranges; the fault is a sentence that begins with `name` and names the range. */
export function checkRanges(ranges: readonly PrefixRange[], name: string): Result<readonly CheckedRange[], string> {
  const checked: CheckedRange[] = [];
  for (const range of ranges) {
    const prefix = parsePrefix(range.prefix);
    if (prefix === undefined) return refuse(`${name} has "${range.prefix}", which is not a prefix with zero host bits`);
    const { bytes, bitCount } = prefixParts(prefix);
    const { minLength = bitCount, maxLength = Math.max(bitCount, minLength) } = range;
    const areLengths = [minLength, maxLength].every((length) => Number.isInteger(length));
    if (!areLengths || minLength < bitCount || maxLength < minLength || maxLength > bytes.length * 8) {
      const lengths = `${bitCount} to ${bytes.length * 8}, the least first`;
      return refuse(`${name} has ${prefix} with lengths ${minLength} to ${maxLength}, expected within ${lengths}`);
    }
    checked.push({ family: familyOf(prefix), bytes, bitCount, minLength, maxLength });
  }
  return succeed(checked);
}

/** Whether one of the ranges has the prefix. */
export function isInRanges(prefix: Prefix, ranges: readonly CheckedRange[]): boolean {
  const family = familyOf(prefix);
  const { bytes, bitCount } = prefixParts(prefix);
  return ranges.some(
    (range) =>
      range.family === family &&
      bitCount >= range.minLength &&
      bitCount <= range.maxLength &&
      startsWith(bytes, range.bytes, range.bitCount),
  );
}

function startsWith(bytes: Uint8Array, start: Uint8Array, bitCount: number): boolean {
  const wholeBytes = bitCount >> 3;
  for (let index = 0; index < wholeBytes; index++) if (bytes[index] !== start[index]) return false;
  const restBits = bitCount & 7;
  if (restBits === 0) return true;
  return ((bytes[wholeBytes] ?? 0) ^ (start[wholeBytes] ?? 0)) >> (8 - restBits) === 0;
}
