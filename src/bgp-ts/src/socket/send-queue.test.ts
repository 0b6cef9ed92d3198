import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { pieceBytes, SendQueue } from './send-queue.ts';

void test('whatever is pushed comes out in order, in pieces of at most 16 KiB, and is counted until taken', () => {
  const chunk = fc.uint8Array({ maxLength: 2 * pieceBytes, size: 'max' });
  const step = fc.oneof(chunk, fc.constant('next' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const queue = new SendQueue();
      const pushed: Uint8Array[] = [];
      const out: Uint8Array[] = [];
      const take = (): boolean => {
        const piece = queue.next();
        if (piece === undefined) return false;
        assert.ok(piece.length > 0 && piece.length <= pieceBytes);
        assert.equal(queue.next(), undefined);
        out.push(piece);
        queue.taken();
        const sum = (parts: readonly Uint8Array[]): number => parts.reduce((total, part) => total + part.length, 0);
        assert.equal(queue.pendingBytes, sum(pushed) - sum(out));
        return true;
      };
      for (const each of steps) {
        if (each === 'next') {
          take();
          continue;
        }
        pushed.push(each);
        queue.push(each);
      }
      while (take());
      assert.equal(queue.pendingBytes, 0);
      assert.ok(Buffer.concat(out).equals(Buffer.concat(pushed)));
    }),
    { numRuns: 40 },
  );
});

void test('small messages of one turn travel in one piece', () => {
  const queue = new SendQueue();
  for (const byte of [1, 2, 3]) queue.push(Uint8Array.of(byte));
  assert.deepEqual(queue.next(), Uint8Array.of(1, 2, 3));
  queue.push(Uint8Array.of(4));
  assert.equal(queue.next(), undefined);
  assert.equal(queue.pendingBytes, 4);
  queue.taken();
  assert.deepEqual(queue.next(), Uint8Array.of(4));
});

void test('a queue that never runs empty holds nothing of what was taken', async () => {
  setFlagsFromString('--expose-gc');
  const queue = new SendQueue();
  const pushed: WeakRef<Uint8Array>[] = [];
  const push = (): void => {
    const bytes = new Uint8Array(pieceBytes);
    pushed.push(new WeakRef(bytes));
    queue.push(bytes);
  };
  push();
  for (let count = 0; count < 100; count++) {
    push();
    queue.next();
    queue.taken();
  }
  // A weak reference keeps its target until the turn ends.
  await setImmediate();
  runInNewContext('gc()');
  assert.equal(queue.pendingBytes, pieceBytes);
  assert.equal(pushed.filter((reference) => reference.deref() !== undefined).length, 1);
});
