import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrefix } from '../wire/address.ts';
import type { PrefixRange } from './prefix-range.ts';
import { checkRanges, isInRanges } from './prefix-range.ts';

function isIn(text: string, ...ranges: readonly PrefixRange[]): boolean {
  const checked = checkRanges(ranges, 'exportPrefixes');
  const prefix = parsePrefix(text);
  assert.ok(checked.ok && prefix !== undefined);
  return isInRanges(prefix, checked.value);
}

void test('a range without lengths has its own prefix and nothing inside it', () => {
  assert.equal(isIn('192.0.2.0/24', { prefix: '192.0.2.0/24' }), true);
  assert.equal(isIn('192.0.2.0/25', { prefix: '192.0.2.0/24' }), false);
  assert.equal(isIn('192.0.0.0/16', { prefix: '192.0.2.0/24' }), false);
});

void test('a range has the lengths from the least to the most and no prefix outside it', () => {
  const range = { prefix: '198.51.100.128/25', minLength: 30, maxLength: 32 };
  assert.equal(isIn('198.51.100.128/30', range), true);
  assert.equal(isIn('198.51.100.255/32', range), true);
  assert.equal(isIn('198.51.100.128/29', range), false);
  assert.equal(isIn('198.51.100.127/32', range), false);
});

void test('a least length alone means exactly that length', () => {
  assert.equal(isIn('192.0.2.1/32', { prefix: '192.0.2.0/24', minLength: 32 }), true);
  assert.equal(isIn('192.0.2.0/31', { prefix: '192.0.2.0/24', minLength: 32 }), false);
});

void test('the default route as a range has everything of its family and nothing of the other', () => {
  assert.equal(isIn('203.0.113.0/24', { prefix: '0.0.0.0/0', maxLength: 32 }), true);
  assert.equal(isIn('2001:db8::/32', { prefix: '0.0.0.0/0', maxLength: 32 }), false);
  assert.equal(isIn('2001:db8:0:1::/64', { prefix: '2001:db8::/33', maxLength: 64 }), true);
  assert.equal(isIn('2001:db8:8000::/64', { prefix: '2001:db8::/33', maxLength: 64 }), false);
});

void test('a faulty range is refused with its name, the prefix and what was expected', () => {
  const fault = (range: PrefixRange): string => {
    const checked = checkRanges([range], 'exportPrefixes');
    return checked.ok ? 'no fault' : checked.fault;
  };
  assert.equal(
    fault({ prefix: '192.0.2.1/24' }),
    'exportPrefixes has "192.0.2.1/24", which is not a prefix with zero host bits',
  );
  assert.equal(
    fault({ prefix: '192.0.2.0/24', minLength: 16 }),
    'exportPrefixes has 192.0.2.0/24 with lengths 16 to 24, expected within 24 to 32, the least first',
  );
  assert.equal(
    fault({ prefix: '192.0.2.0/24', maxLength: 33 }),
    'exportPrefixes has 192.0.2.0/24 with lengths 24 to 33, expected within 24 to 32, the least first',
  );
});
