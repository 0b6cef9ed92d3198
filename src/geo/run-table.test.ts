import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { prefixRuns } from './prefix-runs.ts';
import type { NumberedPrefix } from './prefix-runs.ts';
import { freezeRuns, Ipv4Table, Ipv6Table } from './run-table.ts';
import { combineRuns, RunsBuilder } from './runs.ts';
import type { Runs } from './runs.ts';

/** Addresses of `words` words as numbers, and a finder over them. */
function finder(runs: Runs, renumber: readonly number[]): (address: bigint) => readonly [number, number] {
  const buffers = freezeRuns(runs, Uint32Array.from(renumber));
  const word = (address: bigint, index: number): number =>
    Number(BigInt.asIntN(32, address >> BigInt(96 - index * 32)));
  if (runs.words === 1) {
    const table = new Ipv4Table(buffers);
    return (address) => [table.find(Number(address)), table.scopeBits];
  }
  const table = new Ipv6Table(buffers);
  return (address) => [
    table.find(word(address, 0), word(address, 1), word(address, 2), word(address, 3)),
    table.scopeBits,
  ];
}

/** Runs that begin at the given addresses. */
function runsAt(words: 1 | 4, starts: readonly (readonly [bigint, number])[]): Runs {
  const builder = new RunsBuilder(words);
  for (const [start, number] of starts) {
    const address = Uint32Array.from({ length: words }, (_, word) =>
      Number((start >> BigInt(32 * (words - 1 - word))) & 0xffff_ffffn),
    );
    builder.append(address, 0, number);
  }
  return builder.finish();
}

/** What a finder must say: the number, and by trying all lengths the widest block around the address in the run. */
function expected(
  words: 1 | 4,
  starts: readonly (readonly [bigint, number])[],
  address: bigint,
): readonly [number, number] {
  const bits = words * 32;
  const index = starts.findLastIndex(([start]) => start <= address);
  const numberAt = (at: number): number | undefined => starts[at]?.[1];
  let first = index;
  let last = index;
  while (first > 0 && numberAt(first - 1) === numberAt(index)) first--;
  while (last + 1 < starts.length && numberAt(last + 1) === numberAt(index)) last++;
  const from = starts[first]?.[0] ?? 0n;
  const to = (starts[last + 1]?.[0] ?? 1n << BigInt(bits)) - 1n;
  for (let length = 0; length < bits; length++) {
    const size = 1n << BigInt(bits - length);
    const block = address - (address % size);
    if (block >= from && block + size - 1n <= to) return [numberAt(index) ?? 0, length];
  }
  return [numberAt(index) ?? 0, bits];
}

for (const [words, family] of [
  [1, 'IPv4'],
  [4, 'IPv6'],
] as const) {
  const top = (1n << BigInt(words * 32)) - 1n;
  // Addresses crowd at edges of words and of the space, so that carries and equal words occur.
  const edge = fc
    .constantFrom(0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn)
    .chain((low) => fc.constantFrom(0n, 32n, 64n, 96n).map((shift) => (low << shift) & top));
  const address = fc.oneof(
    fc.bigInt({ min: 0n, max: top }),
    edge,
    fc.tuple(edge, fc.bigInt({ min: -2n, max: 2n })).map(([base, step]) => (base + step) & top),
    fc
      .tuple(fc.constantFrom(0x2a00n, 0x2a01n), fc.bigInt({ min: 0n, max: 4095n }))
      .map(([high, low]) => ((high << BigInt(words * 32 - 16)) | (low << BigInt(words * 32 - 28))) & top),
  );

  test(`a table of ${family} finds every address in its run, and the widest block of it around the address`, () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(address, fc.nat({ max: 3 })), { maxLength: 60, selector: ([start]) => start }),
        fc.array(address, { minLength: 1, maxLength: 20 }),
        (given, asked) => {
          const starts = new Map([[0n, 0] as const, ...given]);
          const sorted = [...starts].sort(([one], [other]) => (one < other ? -1 : 1));
          const find = finder(runsAt(words, sorted), [0, 1, 2, 1]);
          const renumbered = sorted.map(([start, number]) => [start, number === 3 ? 1 : number] as const);
          const around = sorted.flatMap(([start]) => [start, start > 0n ? start - 1n : start]);
          for (const one of [...asked, ...around, top]) assert.deepEqual(find(one), expected(words, renumbered, one));
        },
      ),
      { numRuns: 300 },
    );
  });

  test(`a table of ${family} with many runs in a few crowded parts finds them all`, () => {
    const starts: [bigint, number][] = [[0n, 0]];
    const shift = BigInt(words * 32 - 32);
    for (let run = 0; run < 6000; run++) {
      const part = run < 3000 ? 0x2a02_0000n : 0xfff0_0000n;
      starts.push([(part + BigInt(run % 3000) * 7n) << shift, 1 + (run % 2)]);
    }
    const find = finder(runsAt(words, starts), [0, 1, 2]);
    for (let index = 0; index < starts.length; index += 13) {
      const [start = 0n] = starts[index] ?? [];
      for (const one of [start, start === 0n ? 0n : start - 1n, start + (1n << shift)])
        assert.deepEqual(find(one), expected(words, starts, one));
    }
  });

  test(`a table of ${family} tells numbers beyond sixteen bits, which no entry of its index holds`, () => {
    const numbers = [0, 0xffff, 0x1_0000, 0x7fff_ffff];
    const starts = numbers.map((number, index) => [BigInt(index) << BigInt(words * 32 - 2), number] as const);
    const find = finder(
      runsAt(
        words,
        starts.map(([start], index) => [start, index]),
      ),
      numbers,
    );
    for (const [start, number] of starts) assert.deepEqual(find(start + 5n), [number, 2]);
  });

  test(`an address of ${family} has the number of the longest prefix that holds it, layer upon layer`, () => {
    const bits = words * 32;
    const prefix = fc.tuple(address, fc.nat({ max: bits })).map(([base, length]) => {
      const host = BigInt(bits - length);
      return { base: (base >> host) << host, length };
    });
    const prefixes = fc.uniqueArray(prefix, { maxLength: 12, selector: ({ base, length }) => `${base}/${length}` });
    fc.assert(
      fc.property(prefixes, prefixes, fc.array(address, { minLength: 1 }), (one, other, asked) => {
        const numbered = (list: typeof one): NumberedPrefix[] =>
          list.map(({ base, length }, index) => ({
            prefix: present(parsePrefix(`${textOf(base, words)}/${length}`), 'a prefix'),
            number: index + 1,
          }));
        const longest = (list: typeof one, at: bigint): number => {
          const holds = list.map(({ base, length }) => at >> BigInt(bits - length) === base >> BigInt(bits - length));
          let best = -1;
          for (const [index, { length }] of list.entries())
            if (holds[index] === true && (best < 0 || length > (list[best]?.length ?? 0))) best = index;
          return best + 1;
        };
        const runs = combineRuns(
          prefixRuns(words, numbered(one)),
          prefixRuns(words, numbered(other)),
          (low, high) => low * 20 + high,
        );
        const find = finder(
          runs,
          Array.from({ length: 400 }, (_, number) => number),
        );
        const edges = [...one, ...other].map(({ base }) => base);
        for (const at of [...asked, ...edges, 0n, top])
          assert.equal(find(at)[0], longest(one, at) * 20 + longest(other, at));
      }),
      { numRuns: 200 },
    );
  });
}

function textOf(address: bigint, words: 1 | 4): string {
  const [size, separator] = words === 1 ? [8, '.'] : [16, ':'];
  const part = (index: number): bigint =>
    (address >> BigInt(words * 32 - size * (index + 1))) & ((1n << BigInt(size)) - 1n);
  return Array.from({ length: (words * 32) / size }, (_, index) => part(index).toString(words === 1 ? 10 : 16)).join(
    separator,
  );
}
