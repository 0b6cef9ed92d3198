import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { formatAddress, parseAddress, parsePrefix } from './address.ts';

const parts = fc.constantFrom(
  '0',
  '1',
  '9',
  '10',
  '99',
  '100',
  '199',
  '249',
  '255',
  '256',
  '300',
  '00',
  '01',
  '1000',
  '',
  'a',
  '-1',
  '+1',
  ' 1',
  '1 ',
);

test('an IPv4 address is four numbers to 255 without leading zeros, and nothing else', () => {
  const number = /^(?:0|[1-9]\d{0,2})$/;
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 6 }), (texts) => {
      const isAddress = texts.length === 4 && texts.every((text) => number.test(text) && Number(text) <= 255);
      assert.equal(parseAddress(texts.join('.')), isAddress ? texts.join('.') : undefined);
    }),
    { numRuns: 3000 },
  );
  for (const text of ['1.2.3.4', '255.255.255.255', '0.0.0.0']) assert.equal(parseAddress(text), text);
  for (const text of ['1.2.3', '1.2.3.4.', '.1.2.3.4', '1..2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256']) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test('a prefix has no host bits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(33), (bytes, bitCount) => {
      const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      const isPrefix = bitCount <= 32 && !bits.slice(bitCount).includes('1');
      const text = `${formatAddress(bytes)}/${bitCount}`;
      assert.equal(parsePrefix(text), isPrefix ? text : undefined);
    }),
  );
  const rows = ['192.0.2.0/24', '0.0.0.0/0', '192.0.2.128/25', '192.0.2.1/32', '2001:db8::/32', '::/0', 'fe80::1/128'];
  for (const text of rows) assert.equal(parsePrefix(text), text);
  for (const text of ['192.0.2.1/24', '192.0.2.128/24', '192.0.2.0/33', '2001:db8::1/64', '2001:db8::/129', '::/00']) {
    assert.equal(parsePrefix(text), undefined, text);
  }
  for (const text of [
    '192.0.2.0',
    '/24',
    '192.0.2.0/',
    '192.0.2.0/024',
    '10.0.0.0/8/8',
    '10.0.0.0/+8',
    '010.0.0.0/8',
  ]) {
    assert.equal(parsePrefix(text), undefined, text);
  }
});
