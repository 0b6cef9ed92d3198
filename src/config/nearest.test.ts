import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { didYouMean, editDistance, nearestWord } from './nearest.ts';

const known = ['address', 'endpoints', 'gatedBy', 'location', 'name', 'nodes', 'site', 'vrrpGrace'];

for (const [word, nearest] of [
  ['enpoints', 'endpoints'],
  ['gated_by', 'gatedBy'],
  ['gatedby', 'gatedBy'],
  ['adress', 'address'],
  ['ndoes', 'nodes'],
  ['vrrp-grace', 'vrrpGrace'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
] as const) {
  test(`'${word}' is taken for ${nearest ?? 'nothing'}`, () => assert.equal(nearestWord(word, known), nearest));
}

test('the suggestion is a phrase to append, and empty where there is none', () => {
  assert.equal(didYouMean('ndoes', known), ", did you mean 'nodes'?");
  assert.equal(didYouMean('colour', known), '');
});

test('swapped neighbours count once', () => {
  assert.equal(editDistance('ndoes', 'nodes'), 1);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('the distance is symmetric, and zero only for equal words', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
    }),
  );
});
