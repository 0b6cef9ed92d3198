import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { decodeSlot, slotFlagCount, SteeringTable } from './table.ts';

const plain = {
  changePending: false,
  unproven: false,
  withheld: false,
  frozen: false,
  failOpen: false,
  weight: 0,
  shed: 0,
};

test('a new table answers with everything and expects a change: nothing is known yet', () => {
  const table = SteeringTable.create(2);
  assert.deepEqual(table.read(1), { ...plain, answerable: true, changePending: true, unproven: true });
});

test('a publication says whether it changed anything', () => {
  const table = SteeringTable.create(2);
  const values = [
    { ...plain, answerable: true },
    { ...plain, answerable: false },
  ];
  assert.equal(table.publish(values), true);
  assert.equal(table.publish(values), false);
  assert.deepEqual(table.read(1), { ...plain, answerable: false });
});

test('every word of a slot says what was published', () => {
  const table = SteeringTable.create(1);
  for (const word of [...Array(slotFlagCount).keys(), (0xffff << 14) | (0xff << 6) | 1, (7 << 14) | (200 << 6)]) {
    const value = decodeSlot(word);
    table.publish([value]);
    assert.equal(table.word(0), word);
    assert.deepEqual(table.read(0), value);
  }
});

test('a writer that is stopped half-way changes nothing for readers, and keeps none waiting', () => {
  const table = SteeringTable.create(2);
  const before = { ...plain, answerable: false, weight: 7 };
  const now = { ...plain, answerable: true, weight: 9 };
  table.publish([before, before]);
  const replaced = table.word(0);
  table.publish([now, now]);
  const sequence = table.sequence();
  // The next publication is written over the words that the last one has replaced.
  const words = new Int32Array(table.buffer);
  const writable = [...words.keys()].filter((at) => words[at] === replaced);
  assert.equal(writable.length, 2);
  words[writable[0] ?? 0] = 0;
  assert.deepEqual([table.read(0), table.read(1), table.sequence() % 2], [now, now, 0]);
  assert.equal(table.sequence(), sequence);
});

test('a reader in another thread never sees half a publication', async () => {
  const table = SteeringTable.create(64);
  const source = `
    import { workerData, parentPort } from 'node:worker_threads';
    import { SteeringTable } from ${JSON.stringify(new URL('./table.ts', import.meta.url).href)};
    const table = new SteeringTable(workerData);
    let torn = 0, reads = 0;
    parentPort.postMessage('ready');
    for (;;) {
      const before = table.sequence();
      const words = Array.from({ length: 63 }, (_, slot) => table.word(slot));
      if (before % 2 === 1 || table.sequence() !== before) continue;
      reads++;
      if (new Set(words).size > 1) torn++;
      if (reads >= 20_000) break;
    }
    parentPort.postMessage({ torn, reads });
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: table.buffer,
  });
  const outcome = await new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message) => {
      if (message !== 'ready') {
        resolve(message);
        return;
      }
      let on = false;
      const flip = (): void => {
        for (let index = 0; index < 200; index++) {
          on = !on;
          table.publish(Array.from({ length: 64 }, () => ({ ...plain, answerable: on })));
        }
        if (worker.threadId !== -1) setImmediate(flip);
      };
      flip();
    });
  });
  assert.deepEqual(outcome, { torn: 0, reads: 20_000 });
});
