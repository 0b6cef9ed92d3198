import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseHaproxyCsv } from './csv.ts';

function parsed(text: string): readonly Record<string, string>[] {
  const result = parseHaproxyCsv(text);
  assert.ok(result.ok, result.ok ? '' : result.fault);
  return result.value.map((record) => Object.fromEntries(record));
}

test('fields are found by the name of their column, whatever its place', () => {
  assert.deepEqual(parsed('# pxname,svname,status,\nfe,FRONTEND,OPEN,\n\n'), [
    { pxname: 'fe', svname: 'FRONTEND', status: 'OPEN' },
  ]);
  assert.deepEqual(parsed('# status,new,pxname\nUP,7,be\n'), [{ status: 'UP', new: '7', pxname: 'be' }]);
});

test('a quoted field may hold commas, quotes and line ends', () => {
  assert.deepEqual(parsed('# a,b,c\n1,"x, ""y""\nz",3\n'), [{ a: '1', b: 'x, "y"\nz', c: '3' }]);
});

test('a line that is shorter or longer than the header is read as far as both go', () => {
  assert.deepEqual(parsed('# a,b\n1\n1,2,3\n'), [{ a: '1' }, { a: '1', b: '2' }]);
});

test('text that is not such a table is refused with what was expected', () => {
  for (const text of ['', 'Unknown command\n', 'a,b\n1,2\n', '# a\n"open\n']) {
    const result = parseHaproxyCsv(text);
    assert.equal(result.ok, false, JSON.stringify(text));
  }
});

test('any fields survive being quoted and parsed', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é') });
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { minLength: 1 }), (rows) => {
      const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const text = `# a,b\n${rows.map(([a, b]) => `${quote(a)},${quote(b)}\n`).join('')}`;
      assert.deepEqual(
        parsed(text),
        rows.map(([a, b]) => ({ a, b })),
      );
    }),
  );
});
