import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { frameMessage, MessageFramer } from './message-framer.ts';

test('however a stream is cut, the same messages come out', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 200 })), (sent, sizes) => {
      const stream = Uint8Array.from(sent.flatMap((message) => [...frameMessage(message)]));
      const framer = new MessageFramer();
      const received: Uint8Array[] = [];
      let at = 0;
      for (const size of [...sizes, stream.length]) {
        for (const message of framer.push(stream.slice(at, at + size))) received.push(message.slice());
        at += size;
      }
      assert.deepEqual(received, sent);
      assert.equal(framer.isInMessage, false);
    }),
  );
});

test('a message that has begun is known to be unfinished', () => {
  const framer = new MessageFramer();
  assert.deepEqual(framer.push(Uint8Array.of(0)), []);
  assert.equal(framer.isInMessage, true);
});
