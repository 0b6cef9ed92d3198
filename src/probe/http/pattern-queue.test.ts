import assert from 'node:assert/strict';
import test from 'node:test';
import type { BodyExpectation } from '#health/check-kind.ts';
import { checkOf, httpKind } from '../checks.fixture.ts';
import { PatternQueue } from './pattern-queue.ts';

const endless: BodyExpectation = { kind: 'pattern', value: '^(a+)+$' };
const hostile = { body: Buffer.from(`${'a'.repeat(40)}!`), expected: endless, timeoutMs: 50 };
const good = { body: Buffer.from('aaa'), expected: endless, timeoutMs: 60_000 };
const idOf = (port: number) => checkOf(httpKind(), port).id;

test('between two searches that take all their time the event loop turns', async () => {
  const queue = new PatternQueue();
  const events: string[] = [];
  const searches = [1, 2, 3].map(
    (port) =>
      new Promise<void>((resolve) => {
        const done = (): void => {
          events.push('search');
          setImmediate(() => events.push('turn'));
          resolve();
        };
        queue.add({ ...hostile, check: idOf(port), done });
      }),
  );
  await Promise.all(searches);
  assert.deepEqual(events, ['search', 'turn', 'search', 'turn', 'search']);
});

test('a check whose last search took too long waits for the others, and one that is cancelled is not searched', async () => {
  const queue = new PatternQueue();
  const told: string[] = [];
  const search = (name: string, port: number, what: typeof hostile): Promise<void> =>
    new Promise((resolve) => {
      const done = (fault: string | undefined): void => {
        told.push(`${name}: ${fault ?? 'as expected'}`);
        resolve();
      };
      queue.add({ ...what, check: idOf(port), done });
    });
  await search('hostile', 1, hostile);
  queue.add({ ...good, check: idOf(3), done: () => told.push('cancelled') })();
  await Promise.all([search('hostile', 1, hostile), search('good', 2, good)]);
  const tooLong = 'hostile: /^(a+)+$/ took more than 50ms on the body';
  assert.deepEqual(told, [tooLong, 'good: as expected', tooLong]);
});
