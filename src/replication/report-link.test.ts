import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { createCoordinatorLink } from './report-link.ts';
import type { LinkInput } from './report-link.ts';

const change: LinkInput = { kind: 'publish', urgent: true };
const same: LinkInput = { kind: 'publish', urgent: false };
const tick: LinkInput = { kind: 'tick' };
const delivered: LinkInput = { kind: 'delivered' };
const failed: LinkInput = { kind: 'failed', reason: 'refused' };

/** Steps a new link; each row is when, what, and the kinds of its effects. */
function play(rows: readonly (readonly [atMs: number, input: LinkInput, effects: readonly string[]])[]): void {
  const link = createCoordinatorLink({ intervalMs: 1000 });
  for (const [atMs, input, expected] of rows) {
    const effects = link.step(input, atMs as MonoMs).map(({ kind }) => kind);
    assert.deepEqual(effects, expected, `${input.kind} at ${atMs}`);
  }
}

test('nothing is sent before the first state, then it goes at once and every interval', () => {
  play([
    [0, tick, []],
    [100, same, ['send']],
    [110, delivered, ['reached']],
    [500, same, []],
    [1099, tick, []],
    [1100, tick, ['send']],
    [1105, delivered, []],
    [2100, tick, ['send']],
  ]);
});

test('a change goes at once', () => {
  play([
    [0, same, ['send']],
    [5, delivered, ['reached']],
    [300, change, ['send']],
    [305, delivered, []],
    [1299, tick, []],
    [1300, tick, ['send']],
  ]);
});

test('changes while a report is on its way wait for it, and go as one', () => {
  play([
    [0, same, ['send']],
    [100, change, []],
    [200, change, []],
    [300, delivered, ['reached', 'send']],
    [310, delivered, []],
  ]);
});

test('after a failure the next report waits for its turn, and contact is told once each way', () => {
  play([
    [0, same, ['send']],
    [10, failed, ['lost']],
    [20, same, []],
    [1000, tick, ['send']],
    [1010, failed, []],
    [2000, tick, ['send']],
    [2010, delivered, ['reached']],
  ]);
});

test('a change is tried at once although the last report failed', () => {
  play([
    [0, same, ['send']],
    [10, failed, ['lost']],
    [20, change, ['send']],
  ]);
});

test('a request that took longer than the interval is followed by the next at once', () => {
  play([
    [0, same, ['send']],
    [2000, failed, ['lost', 'send']],
  ]);
});

test('whatever happens, one report is on its way at most, and a waiting link has a deadline', () => {
  const input = fc.constantFrom(change, same, tick, delivered, failed);
  fc.assert(
    fc.property(fc.array(fc.tuple(input, fc.nat({ max: 700 }))), (steps) => {
      const link = createCoordinatorLink({ intervalMs: 1000 });
      let now = 0 as MonoMs;
      let isSending = false;
      for (const [wanted, waitMs] of steps) {
        now = after(now, waitMs);
        const isAnswer = wanted.kind === 'delivered' || wanted.kind === 'failed';
        if (isAnswer && !isSending) continue;
        if (isAnswer) isSending = false;
        for (const effect of link.step(wanted, now)) {
          if (effect.kind !== 'send') continue;
          assert.equal(isSending, false);
          isSending = true;
        }
        if (isSending) assert.equal(link.nextDeadlineMs(), undefined);
      }
    }),
  );
});
