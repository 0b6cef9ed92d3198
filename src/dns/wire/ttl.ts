/** Times in master files: seconds, or BIND's units as in `1h30m` and `2W`. */
import { maxTtlSeconds } from './constants.ts';

const unitSeconds = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** Parses a time into seconds, 0 to 2^31 - 1 (RFC 2181 §8); undefined for anything else. */
export function parseTtl(text: string): number | undefined {
  if (!/^(?:\d+|(?:\d+[smhdw])+)$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)) {
    seconds += Number(amount) * (unitSeconds.get(unit ?? '') ?? 1);
  }
  return seconds <= maxTtlSeconds ? seconds : undefined;
}
