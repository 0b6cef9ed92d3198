import assert from 'node:assert/strict';
import test from 'node:test';
import { head, problemsOf } from './read-zone.fixture.ts';

/** `count` lines, each of a record with data of its own. */
function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

test('an RRset of more records than 16 bits count is refused', () => {
  const many = (count: number): string =>
    `${head}${lines(count, (index) => `big 300 A 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)}`;
  assert.deepEqual(problemsOf(many(65_536)), [
    'example.com.zone:65538:9: error: 65536 A records of big.example.com.: expected at most 65535',
  ]);
  assert.match(problemsOf(many(65_535)).join('\n'), /^example.com.zone:65537:9: warning: the A records of big/);
});

test('an RRset that no message can carry is warned of, to the octet', () => {
  // A message of 65,535 octets less its header (12) and the question big.example.com. A IN (21) has room for 65,502.
  const one = (bytes: number): string => `${head}big 300 TYPE65280 \\# ${bytes} ${'00'.repeat(bytes)}`;
  assert.deepEqual(problemsOf(one(65_502 - 12)), []);
  assert.deepEqual(problemsOf(one(65_502 - 11)), [
    'example.com.zone:3:9: warning: the TYPE65280 records of big.example.com. take 65503 octets and are never answered: expected at most 65502',
  ]);
});

test('names that a message compresses count as pointers, and sets of other types do not count', () => {
  const target = 'x'.repeat(60);
  assert.deepEqual(problemsOf(`${head}${lines(900, (index) => `big 300 PTR ${target}.${index}.test.`)}`), []);
  const texts = (type: string): string => lines(200, (index) => `big 300 ${type} ${String(index).padEnd(240, 'x')}`);
  assert.deepEqual(problemsOf(`${head}${texts('TXT')}\n${texts('SPF')}`), []);
});
