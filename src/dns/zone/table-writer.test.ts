import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { spread } from './records.ts';
import { TableWriter } from './table-writer.ts';

const header = 3;

/** The places of a hash in the order in which a reader meets them. */
function find(words: Uint32Array, mask: number, hash: number): readonly number[] {
  const places: number[] = [];
  for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
    const place = words[header + slot * 2 + 1] ?? 0;
    if (place === 0) return places;
    if (words[header + slot * 2] === hash >>> 0) places.push(place);
  }
}

void test('every entry is found from the slot of its hash on, those of equal hashes in the order of adding', () => {
  const hash = fc.oneof(fc.integer(), fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 400 }), (hashes) => {
      const slots = 1024;
      const words = new Uint32Array(header + slots * 2);
      const table = new TableWriter(words, header, slots - 1);
      const expected = new Map<number, number[]>();
      for (const [index, each] of hashes.entries()) {
        table.add(each, index + 1);
        expected.set(each, [...(expected.get(each) ?? []), index + 1]);
      }
      table.flush();
      for (const [each, places] of expected) assert.deepEqual(find(words, slots - 1, each), places);
    }),
  );
});

void test('a table whose slots lie around its end is filled from its beginning on', () => {
  const slots = 8;
  const words = new Uint32Array(header + slots * 2);
  const table = new TableWriter(words, header, slots - 1);
  const last = Array.from({ length: 200 }, (_, hash) => hash).filter((hash) => (spread(hash) & 7) === 7);
  const hashes = last.slice(0, 5);
  for (const [index, hash] of hashes.entries()) table.add(hash, index + 1);
  table.flush();
  assert.deepEqual(
    hashes.map((hash) => find(words, slots - 1, hash)),
    [[1], [2], [3], [4], [5]],
  );
});
