import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../wire/bytes.ts';
import { encodeFrame } from '../wire/framer.ts';
import { countMessages, MessageCounter, MessageStream } from './message-counter.ts';

void test('messages are counted by type however the stream is cut', () => {
  const type = fc.constantFrom(1, 2, 3, 4, 5);
  const frame = fc.tuple(type, fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 50 })), (frames, cuts) => {
      const counter = new MessageCounter();
      const stream = new MessageStream(counter);
      const bytes = concatBytes(frames.map(([code, body]) => encodeFrame(code, body)));
      let offset = 0;
      for (const cut of cuts) {
        stream.push(bytes.subarray(offset, offset + cut));
        offset += cut;
      }
      stream.push(bytes.subarray(offset));
      const expected = [1, 2, 3, 4, 5].map((code) => frames.filter(([other]) => other === code).length);
      assert.deepEqual(Object.values(counter.counts), expected);
      const whole = new MessageCounter();
      countMessages(bytes, whole);
      assert.deepEqual(whole.counts, counter.counts);
    }),
  );
});

void test('a stream that is not BGP ends the count and not the process', () => {
  const counter = new MessageCounter();
  const stream = new MessageStream(counter);
  stream.push(new Uint8Array(100));
  stream.push(encodeFrame(4, new Uint8Array(0)));
  assert.equal(counter.counts.keepalive, 0);
});
