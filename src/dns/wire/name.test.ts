import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { LabelIndex, NameMap } from './name-map.ts';
import { equalNames, formatName, isWithin, parentName, parseName, replaceSuffix, rootName } from './name.ts';
import type { Name } from './name.ts';

function name(text: string): Name {
  const parsed = parseName(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

const longLabel = 'a'.repeat(63);

test('names are read with escapes and completed with the origin, and written back', () => {
  const rows: [text: string, written: string][] = [
    ['.', '.'],
    ['WWW.Example.COM.', 'WWW.Example.COM.'],
    ['www', 'www.example.com.'],
    ['a\\.b.c.', 'a\\.b.c.'],
    ['a\\046b.c.', 'a\\.b.c.'],
    ['tab\\009.', 'tab\\009.'],
    ['*._http.', '*._http.'],
    ['é.', '\\195\\169.'],
    ['\\é.', '\\195\\169.'],
    ['😀\\é\\255a', '\\240\\159\\152\\128\\195\\169\\255a.example.com.'],
    [`${longLabel}.`, `${longLabel}.`],
  ];
  for (const [text, written] of rows) {
    const parsed = parseName(text, name('example.com.'));
    assert.ok(parsed.ok, text);
    assert.equal(formatName(parsed.value), written, text);
  }
});

test('names that are no names are refused', () => {
  const long = `${longLabel}.${longLabel}.${longLabel}.${'a'.repeat(61)}.`;
  const rows = [
    '',
    '..',
    'a..b.',
    '.a.',
    `${longLabel}a.`,
    'a\\',
    'a\\25.',
    'a\\256.',
    `${long}b.`,
    long.replace('a', 'aa'),
  ];
  for (const text of rows) assert.equal(parseName(text).ok, false, text);
  assert.equal(name(long).length, 255);
});

test('names are compared without case, label by label', () => {
  assert.ok(equalNames(name('www.EXAMPLE.com.'), name('WWW.example.COM.')));
  assert.ok(!equalNames(name('www.example.com.'), name('wwwxexample.com.')));
  assert.ok(isWithin(name('a.Example.com.'), name('example.COM.')));
  assert.ok(isWithin(name('example.com.'), name('example.com.')));
  assert.ok(isWithin(name('com.'), rootName));
  assert.ok(!isWithin(name('badexample.com.'), name('example.com.')));
  assert.ok(!isWithin(name('com.'), name('example.com.')));
  assert.equal(formatName(parentName(name('a.b.'))), 'b.');
});

test('a suffix is replaced unless the result is too long', () => {
  const from = name('old.example.');
  const replaced = replaceSuffix(name('a.b.OLD.example.'), from, name('new.test.'));
  assert.ok(replaced !== undefined);
  assert.equal(formatName(replaced), 'a.b.new.test.');
  const target = name(`${longLabel}.${longLabel}.${longLabel}.`);
  assert.equal(replaceSuffix(name(`${longLabel}.old.example.`), from, target), undefined);
});

const labels = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 10 });
const anyName = labels.map(
  (parts) => Uint8Array.from([...parts.flatMap((label) => [label.length, ...label]), 0]) as Name,
);

test('any name survives being written and read', () => {
  fc.assert(
    fc.property(anyName, (value) => {
      assert.deepEqual(name(formatName(value)), value);
    }),
  );
});

test('the hash of a suffix equals the hash of that suffix alone, in any case', () => {
  fc.assert(
    fc.property(anyName, (value) => {
      const whole = new LabelIndex();
      whole.scan(value, 0);
      const alone = new LabelIndex();
      for (let label = 0; label <= whole.count; label++) {
        const suffix = value.slice(whole.offsets[label]);
        alone.scan(
          suffix.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte)),
          0,
        );
        assert.equal(alone.hashes[0], whole.hashes[label]);
      }
    }),
  );
});

test('a name map finds what was set, in any case, and nothing else', () => {
  const map = new NameMap<number>();
  for (let index = 0; index < 1000; index++) map.set(name(`host${index}.example.com.`), index);
  map.set(name('HOST7.example.com.'), -7);
  assert.equal(map.size, 1000);
  assert.equal(map.get(name('HoSt999.EXAMPLE.com.')), 999);
  assert.equal(map.get(name('host7.example.com.')), -7);
  assert.equal(map.get(name('host1000.example.com.')), undefined);
  assert.equal([...map.values()].length, 1000);
});
