import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { LeaveAsking, longestMs, silentMs } from './leave-asking.ts';
import type { Leave } from './leave-asking.ts';

function bench(context: TestContext) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  let reports = 0;
  const hurry = (): void => {
    reports += 1;
  };
  const asking = new LeaveAsking({ hurry, now: () => nowMs });
  const decided: Leave[] = [];
  const ask = (forced: readonly string[] = []): Promise<unknown> =>
    asking.ask(forced).then((leave) => decided.push(leave));
  /** Lets time pass, a look at a time; `answer` comes to each report. */
  const wait = (durationMs: number, answer?: Parameters<LeaveAsking['take']>[0]): void => {
    for (const end = nowMs + durationMs; nowMs < end;) {
      nowMs += 250;
      context.mock.timers.tick(250);
      if (answer !== undefined) asking.take(answer);
    }
  };
  return { asking, ask, wait, decided, reports: () => reports };
}

test('it asks with each report until it is granted, and says so in the reports that still come', async (context) => {
  const { asking, ask, wait, decided, reports } = bench(context);
  assert.equal(asking.wish, undefined);
  const asked = ask(['minSites']);
  assert.deepEqual([asking.wish, reports()], [{ forced: ['minSites'] }, 1]);
  wait(1000, { verdict: 'waiting', reason: 'other sites are asked' });
  assert.equal(reports(), 5);
  asking.take({ verdict: 'granted', reason: 'iad serves' });
  await asked;
  assert.deepEqual(decided, [{ ok: true, value: { warning: undefined } }]);
  assert.deepEqual(asking.wish, { forced: ['minSites'] });
});

test('R19: refused, it asks no more, and may ask again later', async (context) => {
  const { asking, ask, wait, decided, reports } = bench(context);
  const asked = ask();
  asking.take({ verdict: 'refused', reason: 'no other site serves it' });
  await asked;
  assert.deepEqual(decided, [{ ok: false, fault: 'no other site serves it' }]);
  assert.equal(asking.wish, undefined);
  const before = reports();
  wait(1000);
  assert.equal(reports(), before);
  const again = ask();
  asking.take({ verdict: 'granted', reason: '' });
  await again;
  assert.equal(decided.at(-1)?.ok, true);
});

test('R23, R30: a coordinator that says nothing is waited for five seconds since its last word, then it goes with a warning', async (context) => {
  const { ask, wait, decided, asking } = bench(context);
  const asked = ask();
  wait(4000, { verdict: 'waiting', reason: 'other sites are asked' });
  wait(silentMs - 250);
  asking.take({ verdict: 'waiting', reason: 'other sites are asked' });
  wait(silentMs - 250);
  await Promise.resolve();
  assert.deepEqual(decided, []);
  wait(250);
  await asked;
  assert.match(JSON.stringify(decided), /"ok":true.* for 5 s .*: it goes without asking/);
});

test('a coordinator that answers and never decides ends nothing', async (context) => {
  const { ask, wait, decided } = bench(context);
  const asked = ask();
  wait(longestMs, { verdict: 'waiting', reason: 'lb2 asks to leave, too' });
  await asked;
  assert.deepEqual(decided, [
    { ok: false, fault: 'the coordinator has not decided within 30 s: lb2 asks to leave, too' },
  ]);
});

test('two who stop it wait for one answer, and both hear of its end by a signal', async (context) => {
  const { asking, ask, decided } = bench(context);
  const both = Promise.all([ask(), ask()]);
  asking.end('it is ending already');
  await both;
  assert.deepEqual(decided, [
    { ok: false, fault: 'it is ending already' },
    { ok: false, fault: 'it is ending already' },
  ]);
});
