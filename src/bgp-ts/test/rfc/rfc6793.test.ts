import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUpdate, mergeAs4, splitAs4 } from '../../src/index.ts';
import type { AsPathSegment, PathAttribute } from '../../src/index.ts';
import { attributesOf, external, hexOf, nextHop, origin, prefix, severityOf, update } from './wire.ts';

const old = { ...external, fourOctetAs: false };
const asTrans = 23456;

function sequence(...asns: readonly number[]): AsPathSegment {
  return { kind: 'sequence', asns };
}

/** The path that AS_PATH and AS4_PATH mean. */
function merged(short: readonly AsPathSegment[], long: readonly AsPathSegment[]): unknown {
  const both: readonly PathAttribute[] = [
    { kind: 'asPath', segments: short },
    { kind: 'as4Path', segments: long },
  ];
  const [path, ...others] = mergeAs4(both);
  assert.deepEqual(others, []);
  return path?.kind === 'asPath' ? path.segments : path;
}

test('between speakers with four octets AS_PATH and AGGREGATOR have four', () => {
  const whole = update(`${origin} 400206 0201 fa56ea01 ${nextHop} c00708 fa56ea01 c0000207`, prefix);
  assert.deepEqual(attributesOf(whole).slice(1), [
    { kind: 'asPath', segments: [sequence(4_200_000_001)] },
    { kind: 'nextHop', nextHop: '192.0.2.9' },
    { kind: 'aggregator', asn: 4_200_000_001, address: '192.0.2.7' },
  ]);
});

test('a speaker with two octets gets AS_TRANS, and the long numbers in AS4_PATH and AS4_AGGREGATOR', () => {
  const address = attributesOf(update(`${origin} 400200 ${nextHop} c00708 00000001 c0000207`, prefix)).at(-1);
  assert.ok(address?.kind === 'aggregator');
  const attributes = splitAs4([
    { kind: 'asPath', segments: [sequence(65001, 4_200_000_001)] },
    { ...address, asn: 4_200_000_002 },
  ]);
  const bytes = encodeUpdate({ kind: 'update', withdrawn: [], attributes, announced: [] }, false);
  const expected = '400206 0202 fde9 5ba0 c00706 5ba0 c0000207 c0110a 0202 0000fde9 fa56ea01 c01208 fa56ea02 c0000207';
  assert.equal(hexOf(bytes), hexOf(update(expected)));
});

test('nothing is added where all numbers fit two octets', () => {
  const attributes: readonly PathAttribute[] = [{ kind: 'asPath', segments: [sequence(65001, 65535)] }];
  assert.deepEqual(splitAs4(attributes), attributes);
});

test('confederation segments are left out of AS4_PATH', () => {
  const confederation = { kind: 'confederation-sequence', asns: [65010] } as const;
  const attributes = splitAs4([{ kind: 'asPath', segments: [confederation, sequence(4_200_000_001)] }]);
  assert.deepEqual(attributes[1], { kind: 'as4Path', segments: [sequence(4_200_000_001)] });
  const whole = update(`${origin} 400204 0201 5ba0 ${nextHop} c0110c 0301 0000fdf2 0201 fa56ea01`, prefix);
  assert.deepEqual(attributesOf(whole, old).at(-1), { kind: 'as4Path', segments: [sequence(4_200_000_001)] });
});

test('AS4_PATH takes the place of the last ASes of AS_PATH', () => {
  assert.deepEqual(merged([sequence(1, 2, asTrans, asTrans)], [sequence(70_000, 80_000)]), [
    sequence(1, 2, 70_000, 80_000),
  ]);
  assert.deepEqual(merged([sequence(asTrans)], [sequence(70_000)]), [sequence(70_000)]);
});

test('an AS4_PATH longer than AS_PATH is ignored', () => {
  assert.deepEqual(merged([sequence(asTrans)], [sequence(70_000, 80_000)]), [sequence(asTrans)]);
});

test('a set counts as one AS, a confederation segment as none and stays where it leads', () => {
  const set = { kind: 'set', asns: [1, 2, 3] } as const;
  const confederation = { kind: 'confederation-sequence', asns: [65010, 65011] } as const;
  assert.deepEqual(merged([set, sequence(asTrans)], [sequence(70_000)]), [set, sequence(70_000)]);
  assert.deepEqual(merged([confederation, sequence(asTrans)], [sequence(70_000)]), [confederation, sequence(70_000)]);
});

test('AS4_AGGREGATOR is the aggregator where AGGREGATOR has AS_TRANS; else both AS4 attributes are stale', () => {
  const attributes = (asn: string): readonly PathAttribute[] =>
    attributesOf(
      update(
        `${origin} 400204 0201 5ba0 ${nextHop} c00706 ${asn} c0000207 c01106 0201 fa56ea01 c01208 fa56ea02 c0000208`,
        prefix,
      ),
      old,
    );
  assert.deepEqual(mergeAs4(attributes('5ba0')).slice(1), [
    { kind: 'asPath', segments: [sequence(4_200_000_001)] },
    { kind: 'nextHop', nextHop: '192.0.2.9' },
    { kind: 'aggregator', asn: 4_200_000_002, address: '192.0.2.8' },
  ]);
  assert.deepEqual(mergeAs4(attributes('fde9')).slice(1), [
    { kind: 'asPath', segments: [sequence(asTrans)] },
    { kind: 'nextHop', nextHop: '192.0.2.9' },
    { kind: 'aggregator', asn: 65001, address: '192.0.2.7' },
  ]);
});

test('from a speaker with four octets the AS4 attributes are dropped', () => {
  const whole = update(
    `${origin} 400206 0201 0000fde9 ${nextHop} c01106 0201 fa56ea01 c01208 fa56ea02 c0000208`,
    prefix,
  );
  assert.equal(severityOf(whole), 'attribute-discard');
  assert.deepEqual(
    attributesOf(whole).map(({ kind }) => kind),
    ['origin', 'asPath', 'nextHop'],
  );
});

test('a malformed AS4_PATH is dropped and the route stays', () => {
  for (const path of [
    'c01100',
    'c01104 0201 fa56',
    'c01106 0202 fa56ea01',
    'c01106 0501 fa56ea01',
    'c01106 0301 fa56ea01',
  ]) {
    const whole = update(`${origin} 400204 0201 5ba0 ${nextHop} ${path}`, prefix);
    assert.equal(severityOf(whole, old), 'attribute-discard', path);
  }
});
