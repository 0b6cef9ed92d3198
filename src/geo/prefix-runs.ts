/** Runs from prefixes: each address has the number of the longest prefix that holds it. */
import { prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { RunsBuilder } from './runs.ts';
import type { Runs } from './runs.ts';

/** A prefix and its number, from 1: addresses in no prefix have 0. */
export interface NumberedPrefix {
  readonly prefix: IpPrefix;
  readonly number: number;
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  readonly number: number;
}

/** The runs of one family from its prefixes, each given once; those of the other family are left out. */
export function prefixRuns(words: 1 | 4, prefixes: readonly NumberedPrefix[]): Runs {
  const bits = words * 32;
  const ranges = prefixes
    .flatMap(({ prefix, number }) => {
      const { bytes, length } = prefixParts(prefix);
      if (bytes.length * 8 !== bits) return [];
      const first = bytes.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
      return [{ first, last: first + (1n << BigInt(bits - length)) - 1n, number }];
    })
    .sort((one, other) => compare(one.first, other.first) || compare(other.last, one.last));
  const starts = new Map<bigint, number>([[0n, 0]]);
  const open: Range[] = [];
  const close = (before: bigint): void => {
    for (let top = open.at(-1); top !== undefined && top.last < before; top = open.at(-1)) {
      open.pop();
      starts.set(top.last + 1n, open.at(-1)?.number ?? 0);
    }
  };
  for (const range of ranges) {
    close(range.first);
    starts.set(range.first, range.number);
    open.push(range);
  }
  const end = 1n << BigInt(bits);
  close(end);
  const builder = new RunsBuilder(words);
  for (const [start, number] of [...starts].sort(([one], [other]) => compare(one, other))) {
    if (start < end) builder.append(wordsOf(start, words), 0, number);
  }
  return builder.finish();
}

function wordsOf(address: bigint, words: 1 | 4): Uint32Array {
  const result = new Uint32Array(words);
  for (let word = 0; word < words; word++)
    result[word] = Number((address >> BigInt(32 * (words - 1 - word))) & 0xffff_ffffn);
  return result;
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
