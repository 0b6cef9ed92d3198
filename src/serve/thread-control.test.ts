import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { controlWord, createControl, HeartbeatWatch, UpdateInbox } from './thread-control.ts';

test('a heart that does not beat for longer than the limit is silent', () => {
  const watch = new HeartbeatWatch(createControl(), 1000, 200, 0);
  const silentAt: number[] = [];
  for (let nowMs = 100; nowMs <= 1200; nowMs += 100) if (watch.isSilent(nowMs)) silentAt.push(nowMs);
  assert.deepEqual(silentAt, [1100, 1200]);
});

test('each beat begins the silence anew', () => {
  const control = createControl();
  const watch = new HeartbeatWatch(control, 1000, 200, 0);
  for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) {
    if (nowMs % 900 === 0) Atomics.add(control, controlWord.heartbeat, 1);
    assert.equal(watch.isSilent(nowMs), false, String(nowMs));
  }
});

test('time in which the watching thread did not run, or the clock was set, is not held against the heart', () => {
  const watch = new HeartbeatWatch(createControl(), 1000, 200, 0);
  // Five looks count at most 1000 ms, however far apart they are; a clock set back counts nothing.
  for (const nowMs of [1e9, 2e9, 5, 3e9, 4e9, 4e9, 5e9]) assert.equal(watch.isSilent(nowMs), false, String(nowMs));
  assert.equal(watch.isSilent(6e9), true);
});

test('updates are applied in order, each once, and those within the setup not again', () => {
  const applied: unknown[] = [];
  const control = createControl();
  const { port1, port2 } = new MessageChannel();
  const send = (update: string): void => {
    port1.postMessage(update);
    Atomics.add(control, controlWord.updates, 1);
  };
  Atomics.store(control, controlWord.updates, 7);
  const answerer = { answer: () => 0, transfer: () => undefined, apply: (update: unknown) => applied.push(update) };
  const inbox = new UpdateInbox(control, port2, answerer, 7);
  inbox.take();
  assert.deepEqual(applied, []);
  for (const update of ['a', 'b']) send(update);
  inbox.take();
  inbox.take();
  send('c');
  inbox.take();
  assert.deepEqual(applied, ['a', 'b', 'c']);
  port1.close();
});

test('the count of updates may pass 2^31', () => {
  const control = createControl();
  Atomics.store(control, controlWord.updates, 0x7fffffff);
  const { port1, port2 } = new MessageChannel();
  const applied: unknown[] = [];
  const answerer = { answer: () => 0, transfer: () => undefined, apply: (update: unknown) => applied.push(update) };
  const inbox = new UpdateInbox(control, port2, answerer, 0x7fffffff);
  port1.postMessage('over');
  Atomics.add(control, controlWord.updates, 1);
  inbox.take();
  assert.deepEqual(applied, ['over']);
  port1.close();
});

test('what an update replaced is freed when the update is taken', async () => {
  const control = createControl();
  const { port1, port2 } = new MessageChannel();
  const send = (update: unknown): void => {
    port1.postMessage(update);
    Atomics.add(control, controlWord.updates, 1);
  };
  const seen: WeakRef<SharedArrayBuffer>[] = [];
  let inForce: unknown;
  const apply = (update: unknown): void => {
    assert.ok(update instanceof SharedArrayBuffer);
    inForce = update;
    seen.push(new WeakRef(update));
  };
  const inbox = new UpdateInbox(control, port2, { answer: () => 0, transfer: () => undefined, apply }, 0);
  for (let image = 0; image < 3; image++) {
    send(new SharedArrayBuffer(1024));
    inbox.take();
    // A weak reference holds its target until the turn in which it was made ends.
    await setImmediate();
  }
  assert.deepEqual(
    seen.map((image) => image.deref() !== undefined),
    [false, false, true],
  );
  assert.ok(inForce === seen[2]?.deref());
  port1.close();
});
