import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { expandTemplate, maxGenerated, parseRange, parseTemplate } from './generate.ts';

function expand(text: string, counter: number): string | undefined {
  const template = parseTemplate(text);
  assert.ok(template.ok, text);
  return expandTemplate(template.value, counter);
}

test('a template is expanded as named-compilezone 9.18 does', () => {
  const rows: [text: string, counter: number, expanded: string][] = [
    ['h$', 7, 'h7'],
    ['$.$', 0, '0.0'],
    ['h$$', 1, 'h$'],
    ['h\\$$', 2, 'h\\$2'],
    ['h${-5,4}', 1, 'h-004'],
    ['h${-5,4}', 2, 'h-003'],
    ['h${+3}', 2, 'h5'],
    ['h${1,4,o}', 2, 'h0003'],
    ['h${1,4,X}', 250, 'h00FB'],
    ['h${0,0,x}', 250, 'hfa'],
    ['h${0,1,n}', 2, 'h2'],
    ['h${0,2,n}.x', 17, 'h1.1.x'],
    ['h${0,4,N}x', 17, 'h1.1.x'],
    ['h${0,7,n}', 10, 'ha.0.0.0'],
    ['h${0,7,N}', 11, 'hB.0.0.0'],
    ['', 1, ''],
  ];
  for (const [text, counter, expanded] of rows) assert.equal(expand(text, counter), expanded, text);
});

test('fields that BIND refuses are refused', () => {
  for (const text of ['h${0', 'h${}', 'h${a}', 'h${1,2,q}', 'h${0,1,dd}', '${0,999}']) {
    assert.equal(parseTemplate(text).ok, false, text);
  }
});

test('a number without a sign cannot be negative, and none is beyond 2^31 - 1', () => {
  assert.equal(expand('${-1,0,x}', 0), undefined);
  assert.equal(expand('${-1,0,n}', 0), undefined);
  assert.equal(expand('${2147483647}', 1), undefined);
});

test('a range says where it begins and ends and how it goes', () => {
  assert.deepEqual(parseRange('1-9'), { ok: true, value: { start: 1, stop: 9, step: 1 } });
  assert.deepEqual(parseRange('0-100/25'), { ok: true, value: { start: 0, stop: 100, step: 25 } });
  assert.ok(parseRange(`1-${maxGenerated}`).ok);
  for (const text of [
    '',
    '1',
    '9-1',
    '1-9/0',
    '1-9/',
    '0x1-2',
    '1-2x',
    '-1-2',
    `0-${maxGenerated}`,
    '1-2147483648/65536',
  ]) {
    assert.equal(parseRange(text).ok, false, text);
  }
});

test('any text is a template or refused, and any template is expanded or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('$', '{', '}', ',', '1', '-', 'n', '\\', 'a') }),
  );
  fc.assert(
    fc.property(text, fc.nat(maxGenerated), (written, counter) => {
      const template = parseTemplate(written);
      if (!template.ok) return;
      const expanded = expandTemplate(template.value, counter);
      if (!written.includes('$')) assert.equal(expanded, written);
    }),
  );
});
