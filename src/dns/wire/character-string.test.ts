import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteSink } from './byte-sink.ts';
import { decodeEscapes, decodeInto, encodeEscapes } from './character-string.ts';

function decode(text: string): string | undefined {
  const sink = new ByteSink();
  return decodeInto(text, sink) ? Buffer.from(sink.copy()).toString('hex') : undefined;
}

test('escapes become the octets that they stand for', () => {
  const rows: [text: string, octets: string | undefined][] = [
    ['', ''],
    ['plain', '706c61696e'],
    ['a\\"b', '612262'],
    ['\\\\', '5c'],
    ['\\000\\255', '00ff'],
    ['\\0651', '4131'],
    ['é', 'c3a9'],
    ['\\é', 'c3a9'],
    ['\\😀', 'f09f9880'],
    ['a\\', undefined],
    ['\\256', undefined],
    ['\\25', undefined],
    ['\\2x', undefined],
    ['\\25x', undefined],
  ];
  for (const [text, octets] of rows) assert.equal(decode(text), octets, text);
});

test('both decoders read any text alike', () => {
  const unit = fc.constantFrom('\\', '0', '2', '9', 'a', '"', 'é', '😀', '\ud800');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      const decoded = decodeEscapes(text);
      const octets = 'faultIndex' in decoded ? undefined : Buffer.from(decoded.map(({ byte }) => byte)).toString('hex');
      assert.equal(decode(text), octets);
    }),
    { numRuns: 2000 },
  );
});

test('any octets are written as text that reads back to them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.equal(decode(encodeEscapes(octets, '" ;')), Buffer.from(octets).toString('hex'));
    }),
  );
});
