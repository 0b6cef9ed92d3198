import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { defineCheck } from '#health/check.ts';
import type { CheckDefinition, CheckId } from '#health/check.ts';
import { createProbeSchedule } from './schedule.ts';
import type { ProbeSchedule } from './schedule.ts';

const start = 1000 as MonoMs;

function tcpCheck(port: number, intervalMs = 1000): CheckDefinition {
  const address = '192.0.2.1' as IpAddress;
  return defineCheck({ what: { kind: 'tcp' }, address, port, intervalMs, timeoutMs: 500, rise: 2, fall: 3 });
}

interface Start {
  readonly id: CheckId;
  readonly at: MonoMs;
}

/** Runs a schedule in virtual time, each run taking what `runMs` says; returns every start. */
function play(schedule: ProbeSchedule, untilMs: MonoMs, runMs: (id: CheckId) => number): readonly Start[] {
  const starts: Start[] = [];
  const ends: Start[] = [];
  let now = start;
  while (now <= untilMs) {
    for (const ended of ends.filter(({ at }) => at <= now)) {
      ends.splice(ends.indexOf(ended), 1);
      schedule.finished(ended.id);
    }
    for (const { id } of schedule.takeDue(now)) {
      assert.ok(!ends.some((end) => end.id === id), 'two runs at once');
      starts.push({ id, at: now });
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
  assert.deepEqual(schedule.takeDue(start), checks);
  assert.equal(schedule.isFirstRoundComplete(), false);
  for (const { id } of checks) schedule.finished(id);
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
  schedule.finished(check.id);
  const late = after(start, 60_000);
  assert.equal(schedule.takeDue(late).length, 1);
  schedule.finished(check.id);
  assert.equal(schedule.takeDue(late).length, 0);
  const next = schedule.nextDeadlineMs() ?? late;
  assert.ok(next > late && next <= late + 1000);
});

test('a check in both sets keeps its slot, and the result of one that left counts no more', () => {
  const schedule = createProbeSchedule(createPrng(5));
  const [kept, gone, added] = [tcpCheck(1), tcpCheck(2), tcpCheck(3)];
  schedule.replace([kept, gone], start);
  schedule.takeDue(start);
  assert.equal(schedule.finished(kept.id), true);
  const slot = schedule.nextDeadlineMs();
  schedule.replace([kept, added], after(start, 1));
  assert.deepEqual(schedule.takeDue(after(start, 1)), [added]);
  assert.equal(schedule.nextDeadlineMs(), slot);
  assert.equal(schedule.finished(gone.id), false);
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
