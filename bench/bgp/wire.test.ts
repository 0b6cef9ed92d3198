/** The receiver's own reading of BGP, against messages written out by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { countPrefixes, messages, notificationOf, open } from './wire.ts';

const marker = new Array<number>(16).fill(0xff);

test('an OPEN has the layout of RFC 4271 with both capabilities', () => {
  const expected = [...marker, 0, 43, 1, 4, 0xfd, 0xe8, 0, 9, 192, 0, 2, 1, 14, 2, 12];
  assert.deepEqual([...open(65_000, 9, [192, 0, 2, 1])], [...expected, 1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfd, 0xe8]);
});

test('prefixes of an UPDATE are counted, and a torn message waits', () => {
  // Withdrawn: 192.0.2.0/24; one attribute (ORIGIN); announced: 10.0.0.0/8, 198.51.100.53/32 and 0.0.0.0/0.
  const body = [0, 4, 24, 192, 0, 2, 0, 4, 0x40, 1, 1, 0, 8, 10, 32, 198, 51, 100, 53, 0];
  const update = [...marker, 0, 19 + body.length, 2, ...body];
  const bytes = Uint8Array.from([...update, ...marker, 0, 19, 4, ...marker]);
  const places = [...messages(bytes)];
  assert.deepEqual(
    places.map(({ type }) => type),
    [2, 4],
  );
  assert.equal(places.at(-1)?.end, update.length + 19);
  assert.deepEqual(
    places.map((place) => countPrefixes(bytes, place)),
    [
      { announced: 3, withdrawn: 1 },
      { announced: 0, withdrawn: 0 },
    ],
  );
});

test('a NOTIFICATION is told by code and subcode', () => {
  const bytes = Uint8Array.from([...marker, 0, 21, 3, 6, 2]);
  assert.deepEqual(
    [...messages(bytes)].map((place) => notificationOf(bytes, place)),
    ['6/2'],
  );
});
