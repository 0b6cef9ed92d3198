import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable, paintFor, plain } from './table.ts';

test('columns are as wide as their widest cell, and lines have no blanks at their end', () => {
  const table = formatTable(
    ['SITE', 'STATE', 'REASON'],
    [
      ['fra', 'up', ''],
      ['frankfurt', 'down', 'no answer'],
    ],
  );
  assert.equal(table, 'SITE       STATE  REASON\nfra        up\nfrankfurt  down   no answer');
});

test('colours take no room in a column', () => {
  const paint = paintFor({ isTTY: true }, {});
  const table = formatTable(
    ['A', 'B'],
    [
      [paint('good', 'up'), 'x'],
      ['down', 'y'],
    ],
  );
  assert.equal(table, 'A     B\n\x1b[32mup\x1b[0m    x\ndown  y');
});

test('no rows give no table', () => assert.equal(formatTable(['A'], []), ''));

test('only a terminal without NO_COLOR gets colours', () => {
  assert.equal(paintFor({ isTTY: false }, {}), plain);
  assert.equal(paintFor({ isTTY: true }, { NO_COLOR: '1' }), plain);
  assert.equal(paintFor({ isTTY: true }, { NO_COLOR: '' })('bad', 'x'), '\x1b[31mx\x1b[0m');
  assert.equal(plain('bad', 'x'), 'x');
});
