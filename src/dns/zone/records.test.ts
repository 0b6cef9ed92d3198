import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatName } from '../wire/name.ts';
import { hashName } from './name-scanner.ts';
import { name } from './read-zone.fixture.ts';
import { NameArena, none, ZoneRecords } from './records.ts';

test('a name is numbered once, whatever its case, and keeps the case of its first writing', () => {
  const names = new NameArena();
  const intern = (text: string): number => names.intern(name(text), 0, hashName(name(text)));
  assert.equal(intern('WWW.example.'), 0);
  assert.equal(intern('.'), 1);
  assert.equal(intern('www.Example.'), 0);
  assert.equal(names.idOf(name('www.example.')), 0);
  assert.equal(names.idOf(name('example.')), none);
  assert.equal(formatName(names.name(0)), 'WWW.example.');
  assert.deepEqual([names.lengthOf(0), names.lengthOf(1)], [13, 1]);
});

test('many names keep their numbers while the arena grows', () => {
  const names = new NameArena();
  const texts = Array.from({ length: 5000 }, (_, index) => `h${index}.example.`);
  for (const text of texts) names.intern(name(text), 0, hashName(name(text)));
  for (const [id, text] of texts.entries()) {
    assert.equal(names.idOf(name(text)), id);
    assert.equal(formatName(names.name(id)), text);
  }
});

test('records are found by owner and type in the order of writing, also after some are dropped', () => {
  const record = fc.record({
    owner: fc.nat(5),
    type: fc.integer({ min: 1, max: 3 }),
    data: fc.uint8Array({ maxLength: 9 }),
    isDropped: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 200 }), (all) => {
      const written = new ZoneRecords();
      for (const { owner, type, data } of all) {
        const text = name(`o${owner}.`);
        const id = written.names.intern(text, 0, hashName(text));
        written.add({ owner: id, type, ttlSeconds: owner, source: 0, offset: type }, data);
      }
      const kept = written.without(Uint8Array.from(all, ({ isDropped }) => (isDropped ? 1 : 0)));
      const left = all.filter(({ isDropped }) => !isDropped);
      assert.equal(kept.count, left.length);
      assert.equal(kept.names.count, new Set(left.map(({ owner }) => owner)).size);
      for (let owner = 0; owner <= 5; owner++) {
        for (let type = 1; type <= 3; type++) {
          const expected = left.filter((one) => one.owner === owner && one.type === type);
          const ids = kept.findAll(kept.names.idOf(name(`o${owner}.`)), type);
          assert.deepEqual(
            ids.map((id) => kept.dataOf(id)),
            expected.map(({ data }) => data),
          );
          assert.equal(kept.find(kept.names.idOf(name(`o${owner}.`)), type), ids[0] ?? none);
          for (const id of ids) assert.deepEqual(kept.placeOf(id), { source: 0, offset: type });
        }
      }
    }),
  );
});
