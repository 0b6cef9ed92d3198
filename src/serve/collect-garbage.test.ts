import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { collectGarbage } from './collect-garbage.ts';

test('an object that nobody holds is gone after a collection', async () => {
  const held = new WeakRef(hold());
  // A weak reference holds its object to the end of the turn that made it.
  await nextTurn();
  collectGarbage();
  assert.equal(held.deref(), undefined);
});

/** Made apart, so that no register of the caller holds it. */
function hold(): object {
  return { large: new Array<number>(1000).fill(1) };
}

test('threads that begin to collect at the same time do not keep each other from it', async () => {
  const source = `
    const { collectGarbage } = await import(${JSON.stringify(new URL('./collect-garbage.ts', import.meta.url).href)});
    const { workerData } = await import('node:worker_threads');
    Atomics.add(workerData, 0, 1);
    Atomics.notify(workerData, 0);
    Atomics.wait(workerData, 1, 0);
    collectGarbage();
  `;
  for (let round = 0; round < 5; round++) {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const count = 4;
    const ends = Array.from({ length: count }, () => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: words });
      return new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
    });
    for (let ready = Atomics.load(words, 0); ready < count; ready = Atomics.load(words, 0)) {
      const changed = Atomics.waitAsync(words, 0, ready);
      if (changed.async) await changed.value;
    }
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    assert.deepEqual(await Promise.all(ends), Array<number>(count).fill(0));
  }
});
