import assert from 'node:assert/strict';
import test from 'node:test';
import { TextQueue } from './text-queue.ts';

test('lines that are seen all arrive, in order', () => {
  const told: string[] = [];
  const queue = new TextQueue((texts) => {
    for (const text of texts) told.push(text);
    queue.seen(texts.length);
  }, 4);
  for (let index = 0; index < 20; index++) {
    queue.add(`line ${index}`);
    if (index % 3 === 0) queue.flush();
  }
  queue.flush();
  assert.deepEqual(
    told,
    Array.from({ length: 20 }, (_, index) => `line ${index}`),
  );
});

test('a reader that takes nothing costs a bounded number of lines, and learns how many it missed', () => {
  const told: (readonly string[])[] = [];
  const queue = new TextQueue((texts) => told.push(texts), 4);
  for (let index = 0; index < 1000; index++) {
    queue.add(`line ${index}`);
    queue.flush();
  }
  assert.deepEqual(told.flat(), ['line 0', 'line 1', 'line 2', 'line 3']);
  queue.seen(4);
  assert.deepEqual(told.at(-1), [
    '992 lines were lost here, since nobody took them',
    'line 996',
    'line 997',
    'line 998',
    'line 999',
  ]);
});

test('the end tells what waits though nothing was seen', () => {
  const told: (readonly string[])[] = [];
  const queue = new TextQueue((texts) => told.push(texts), 1);
  queue.add('first');
  queue.flush();
  queue.add('last');
  queue.end();
  assert.deepEqual(told, [['first'], ['last']]);
});
