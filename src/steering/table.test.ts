import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { SteeringTable } from './table.ts';

test('a new table answers with everything and expects a change: nothing is known yet', () => {
  const table = SteeringTable.create(2);
  assert.deepEqual(table.read(1), { answerable: true, changePending: true, unproven: true, withheld: false });
});

test('a publication says whether it changed anything', () => {
  const table = SteeringTable.create(2);
  const values = [
    { answerable: true, changePending: false, unproven: false, withheld: false },
    { answerable: false, changePending: false, unproven: false, withheld: false },
  ];
  assert.equal(table.publish(values), true);
  assert.equal(table.publish(values), false);
  assert.deepEqual(table.read(1), { answerable: false, changePending: false, unproven: false, withheld: false });
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
      const words = table.consistently(() => Array.from({ length: 63 }, (_, slot) => table.read(slot).answerable));
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
          table.publish(
            Array.from({ length: 64 }, () => ({
              answerable: on,
              changePending: false,
              unproven: false,
              withheld: false,
            })),
          );
        }
        if (worker.threadId !== -1) setImmediate(flip);
      };
      flip();
    });
  });
  assert.deepEqual(outcome, { torn: 0, reads: 20_000 });
});
