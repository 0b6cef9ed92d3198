import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { defineCheck } from '#health/check-definition.ts';
import type { CheckDefinition, CheckId } from '#health/check-definition.ts';
import { DueHeap } from './due-heap.ts';
import { createProbeSchedule } from './schedule.ts';
import type { ProbeSchedule } from './schedule.ts';

const start = 1000 as MonoMs;

function tcpCheck(port: number, intervalMs = 1000): CheckDefinition {
  const address = '192.0.2.1' as IpAddress;
  return defineCheck({ what: { kind: 'tcp' }, address, port, intervalMs, timeoutMs: 500, rise: 2, fall: 3 });
}

function startsOf(checks: readonly CheckDefinition[]): readonly { check: CheckDefinition; latenessMs: number }[] {
  return checks.map((check) => ({ check, latenessMs: 0 }));
}

/** A schedule of few places, so that tests see checks wait. */
function narrowSchedule(quick: number, slow: number): ProbeSchedule {
  const lane = { quick, slow, slowAfterMs: 100 };
  return createProbeSchedule(createPrng(11), { network: lane, programs: { ...lane, quick: 1 } });
}

interface Start {
  readonly id: CheckId;
  readonly at: MonoMs;
  readonly latenessMs: number;
}

/** Runs a schedule in virtual time, each run taking what `runMs` says; returns every start. */
function play(schedule: ProbeSchedule, untilMs: MonoMs, runMs: (id: CheckId) => number): readonly Start[] {
  const starts: Start[] = [];
  const ends: Omit<Start, 'latenessMs'>[] = [];
  let now = start;
  while (now <= untilMs) {
    for (const ended of ends.filter(({ at }) => at <= now)) {
      ends.splice(ends.indexOf(ended), 1);
      schedule.finished(ended.id, now);
    }
    for (const { check, latenessMs } of schedule.takeDue(now)) {
      const { id } = check;
      assert.ok(!ends.some((end) => end.id === id), 'two runs at once');
      starts.push({ id, at: now, latenessMs });
      ends.push({ id, at: after(now, runMs(id)) });
    }
    const next = [schedule.nextDeadlineMs(), ...ends.map(({ at }) => at)].filter((at) => at !== undefined);
    now = next.reduce((a, b) => (a < b ? a : b), after(untilMs, 1));
  }
  return starts;
}

test('every check of a new set is due at once', () => {
  const schedule = createProbeSchedule(createPrng(1));
  const checks = [tcpCheck(1), tcpCheck(2), tcpCheck(3)];
  schedule.replace(checks, start);
  assert.deepEqual(schedule.takeDue(start), startsOf(checks));
  assert.equal(schedule.isFirstRoundComplete(), false);
  for (const { id } of checks) schedule.finished(id, start);
  assert.equal(schedule.isFirstRoundComplete(), true);
});

test('after the first round checks of one interval are spread over it', () => {
  const schedule = createProbeSchedule(createPrng(7));
  const checks = Array.from({ length: 20 }, (_, index) => tcpCheck(index));
  schedule.replace(checks, start);
  const starts = play(schedule, after(start, 10_000), () => 10);
  const inOneInterval = starts.filter(({ at }) => at > start + 5000 && at <= start + 6000).map(({ at }) => at);
  assert.equal(inOneInterval.length, checks.length);
  const gaps = inOneInterval.slice(1).map((at, index) => at - (inOneInterval[index] ?? 0));
  assert.ok(Math.min(...gaps) >= 10, `gaps ${gaps.join(' ')}`);
});

test('a slow check delays no other and never runs twice at a time', () => {
  const schedule = createProbeSchedule(createPrng(3));
  const [slow, quick] = [tcpCheck(1), tcpCheck(2)];
  schedule.replace([slow, quick], start);
  const starts = play(schedule, after(start, 60_000), (id) => (id === slow.id ? 2500 : 5));
  const count = (id: CheckId): number => starts.filter((entry) => entry.id === id).length;
  assert.ok(count(quick.id) >= 60, `quick ran ${count(quick.id)} times`);
  assert.equal(count(slow.id), 25);
});

test('a check that runs exactly as long as its interval runs again at once', () => {
  const schedule = createProbeSchedule(createPrng(3));
  schedule.replace([tcpCheck(1)], start);
  assert.ok(play(schedule, after(start, 20_000), () => 1000).length >= 19);
});

test('slots missed by a stalled process are dropped, not caught up (R10)', () => {
  const schedule = createProbeSchedule(createPrng(5));
  const check = tcpCheck(1);
  schedule.replace([check], start);
  schedule.takeDue(start);
  schedule.finished(check.id, start);
  const late = after(start, 60_000);
  assert.equal(schedule.takeDue(late).length, 1);
  schedule.finished(check.id, late);
  assert.equal(schedule.takeDue(late).length, 0);
  const next = schedule.nextDeadlineMs() ?? late;
  assert.ok(next > late && next <= late + 1000);
});

test('a check in both sets keeps its slot, and the result of one that left counts no more', () => {
  const schedule = createProbeSchedule(createPrng(5));
  const [kept, gone, added] = [tcpCheck(1), tcpCheck(2), tcpCheck(3)];
  schedule.replace([kept, gone], start);
  schedule.takeDue(start);
  assert.equal(schedule.finished(kept.id, start), true);
  const slot = schedule.nextDeadlineMs();
  schedule.replace([kept, added], after(start, 1));
  assert.deepEqual(schedule.takeDue(after(start, 1)), startsOf([added]));
  assert.equal(schedule.nextDeadlineMs(), slot);
  assert.equal(schedule.finished(gone.id, start), false);
});

test('an empty set has no deadline and its round is complete', () => {
  const schedule = createProbeSchedule(createPrng(5));
  assert.equal(schedule.nextDeadlineMs(), undefined);
  assert.equal(schedule.isFirstRoundComplete(), true);
});

test('between two starts of a quick check lies its interval, whatever the seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 100, max: 5000 }), (seed, intervalMs) => {
      const schedule = createProbeSchedule(createPrng(seed));
      schedule.replace([tcpCheck(1, intervalMs)], start);
      const times = play(schedule, after(start, 20 * intervalMs), () => 1).map(({ at }) => at);
      for (let index = 2; index < times.length; index++) {
        const gap = (times[index] ?? 0) - (times[index - 1] ?? 0);
        assert.ok(Math.abs(gap - intervalMs) < 0.001, `${gap}`);
      }
    }),
  );
});

test('a first round of 10,000 checks runs so many at a time, in order, and ends within a bounded time', () => {
  const schedule = narrowSchedule(512, 8192);
  const checks = Array.from({ length: 10_000 }, (_, index) => tcpCheck(index, 10_000));
  schedule.replace(checks, start);
  assert.equal(schedule.takeDue(start).length, 512);
  schedule.replace(checks, start);
  assert.equal(schedule.takeDue(start).length, 0, 'a replaced set has no more places');
  const fresh = narrowSchedule(512, 8192);
  fresh.replace(checks, start);
  const starts = play(fresh, after(start, 2500), () => 50);
  assert.equal(new Set(starts.map(({ id }) => id)).size, 10_000);
  assert.ok(Math.max(...starts.slice(0, 10_000).map(({ latenessMs }) => latenessMs)) <= 1000);
});

test('checks that never answer hold no place that others need', () => {
  const schedule = narrowSchedule(4, 1000);
  const dead = Array.from({ length: 200 }, (_, index) => tcpCheck(index, 1000));
  const living = Array.from({ length: 20 }, (_, index) => tcpCheck(1000 + index, 1000));
  schedule.replace([...dead, ...living], start);
  const isDead = new Set(dead.map(({ id }) => id));
  const starts = play(schedule, after(start, 30_000), (id) => (isDead.has(id) ? 1000 : 5));
  const late = starts.filter(({ id, at }) => !isDead.has(id) && at > start + 10_000);
  assert.ok(late.length > 300);
  assert.equal(Math.max(...late.map(({ latenessMs }) => latenessMs)), 0);
});

test('without room for the slow they share the places of all, and how late each check is is told', () => {
  const schedule = narrowSchedule(1, 0);
  schedule.replace([tcpCheck(1), tcpCheck(2)], start);
  const starts = play(schedule, after(start, 1500), () => 400);
  assert.deepEqual(
    starts.slice(0, 2).map(({ at, latenessMs }) => [at - start, latenessMs]),
    [
      [0, 0],
      [400, 400],
    ],
  );
});

test('a check that was slow and answers fast again has a quick place again', () => {
  const schedule = narrowSchedule(1, 1);
  const [check, other] = [tcpCheck(1), tcpCheck(2)];
  schedule.replace([check], start);
  schedule.takeDue(start);
  schedule.finished(check.id, after(start, 500));
  const second = schedule.nextDeadlineMs() ?? start;
  assert.equal(schedule.takeDue(second).length, 1);
  schedule.replace([check, other], second);
  assert.equal(schedule.takeDue(second).length, 1, 'the slow one leaves the quick place free');
});

test('programs wait for programs alone', () => {
  const schedule = narrowSchedule(1, 0);
  const programs = ['/a', '/b'].map((path) => defineCheck({ ...tcpCheck(1), what: { kind: 'exec', command: [path] } }));
  schedule.replace([...programs, tcpCheck(1)], start);
  assert.deepEqual(
    schedule.takeDue(start).map(({ check }) => check.what.kind),
    ['tcp', 'exec'],
  );
  assert.equal(schedule.hasWaiting(), true);
});

test('a hurried check runs at once and keeps its slot', () => {
  const schedule = createProbeSchedule(createPrng(5));
  const check = tcpCheck(1, 10_000);
  schedule.replace([check], start);
  schedule.takeDue(start);
  schedule.finished(check.id, start);
  const slot = schedule.nextDeadlineMs();
  schedule.hurry(check.id, after(start, 5));
  assert.equal(schedule.takeDue(after(start, 5)).length, 1);
  schedule.hurry(check.id, after(start, 6));
  assert.equal(schedule.takeDue(after(start, 6)).length, 0);
  schedule.finished(check.id, after(start, 7));
  assert.equal(schedule.nextDeadlineMs(), slot);
  assert.equal(schedule.takeDue(slot ?? start).length, 1);
  schedule.finished(check.id, after(slot ?? start, 1));
  assert.equal(schedule.nextDeadlineMs(), after(slot ?? start, 10_000));
});

test('the heap gives the earliest first, whatever was put in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (instants) => {
      const heap = new DueHeap<{ dueAt: MonoMs; order: number }>();
      for (const [order, dueAt] of instants.entries()) heap.push({ dueAt: dueAt as MonoMs, order });
      const out: number[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) out.push(item.dueAt);
      assert.deepEqual(
        out,
        instants.toSorted((a, b) => a - b),
      );
    }),
  );
});
