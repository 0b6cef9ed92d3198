import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createLineSplitter, parseNotifyLine } from './notify-line.ts';
import type { InstanceNotice } from './notify-line.ts';

test('the lines that keepalived 2.2.7 writes are understood, others are left out', () => {
  const rows: [line: string, notice: InstanceNotice | undefined][] = [
    ['INSTANCE "VI_1" MASTER 150', { instance: 'VI_1', state: 'MASTER', priority: 150 }],
    ['INSTANCE "VI_1" BACKUP 100', { instance: 'VI_1', state: 'BACKUP', priority: 100 }],
    ['INSTANCE "VI_1" FAULT 110', { instance: 'VI_1', state: 'FAULT', priority: 110 }],
    ['INSTANCE "VI_1" STOP 150', { instance: 'VI_1', state: 'STOP', priority: 150 }],
    ['INSTANCE "VI_1" DELETED 150', { instance: 'VI_1', state: 'unknown', priority: 150 }],
    ['INSTANCE "VI_1" MASTER_PRIORITY 110', { instance: 'VI_1', state: 'MASTER', priority: 110 }],
    ['INSTANCE "VI_1" BACKUP_PRIORITY 90', { instance: 'VI_1', state: 'BACKUP', priority: 90 }],
    ['INSTANCE "VI_1" MASTER_RX_LOWER_PRI 150', { instance: 'VI_1', state: 'MASTER', priority: 150 }],
    ['INSTANCE "a "b" c" MASTER 1', { instance: 'a "b" c', state: 'MASTER', priority: 1 }],
    ['GROUP "VG_1" MASTER 0', undefined],
    ['INSTANCE "VI_1" DANCING 1', undefined],
    ['INSTANCE "VI_1" MASTER', undefined],
    ['INSTANCE VI_1 MASTER 150', undefined],
    ['VS [192.0.2.1]:tcp:80 UP', undefined],
    ['', undefined],
  ];
  for (const [line, notice] of rows) assert.deepEqual(parseNotifyLine(line), notice, line);
});

test('however a stream is cut, its lines are the same', () => {
  const line = fc.string({ unit: fc.constantFrom('a', '"', ' ') });
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 5 })), (lines, sizes) => {
      const splitter = createLineSplitter();
      let text = lines.map((each) => `${each}\n`).join('');
      const found: string[] = [];
      for (const size of sizes) {
        found.push(...splitter.push(text.slice(0, size)));
        text = text.slice(size);
      }
      found.push(...splitter.push(text));
      assert.deepEqual(found, lines);
    }),
  );
});

test('a line that never ends does not grow', () => {
  const splitter = createLineSplitter();
  for (let count = 0; count < 100; count++) assert.deepEqual(splitter.push('x'.repeat(1000)), []);
  assert.equal(splitter.push('\n')[0]?.length, 1024);
});
