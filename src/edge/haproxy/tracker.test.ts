import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { MonoMs } from '#base/time.ts';
import { serviceReportSchema } from '#health/report.ts';
import type { ServiceReport } from '#health/report.ts';
import { mapping, sampleOf, server } from './sample-builder.test-support.ts';
import type { ProcessInfo } from './sample.ts';
import { createHaproxyTracker } from './tracker.ts';
import type { HaproxyInput } from './tracker.ts';

const up = server();
const down = server({ status: 'DOWN', checkStatus: 'L4CON' });
const unchecked = server({ status: 'UP 1/2', checkStatus: 'INI' });

const startedNow: Partial<ProcessInfo> = { pid: 200, startTimeSeconds: 5000, uptimeSeconds: 0 };

function sample(row: typeof up, info: Partial<ProcessInfo> = {}): HaproxyInput {
  const backend = row.status.startsWith('UP') ? 'UP' : 'DOWN';
  return { kind: 'sample', sample: sampleOf([row], { backend, info }) };
}

const silence: HaproxyInput = { kind: 'silence', reason: 'nothing listens on /run/haproxy/admin.sock' };

/** Steps a new tracker; each row is when, what, and the state with `held` where held. */
function play(rows: readonly (readonly [atMs: number, input: HaproxyInput, expected: string])[]): void {
  const tracker = createHaproxyTracker({ services: [mapping], reloadHoldMs: 4000, restartGraceMs: 3000 });
  for (const [atMs, input, expected] of rows) {
    const [report] = tracker.step(input, atMs as MonoMs);
    assert.ok(report !== undefined);
    serviceReportSchema.parse(report);
    assert.equal(words(report), expected, `at ${atMs}`);
  }
}

function words({ state, holding }: ServiceReport): string {
  return holding === undefined ? state : `${state} held`;
}

test('a fresh down goes out at once, and so does a fresh up', () => {
  play([
    [0, sample(up), 'up'],
    [1000, sample(down), 'down'],
    [2000, sample(up), 'up'],
  ]);
});

test('a reload holds up until the new process has checked its servers (R7)', () => {
  play([
    [0, sample(up), 'up'],
    [1000, sample(unchecked, startedNow), 'up held'],
    [2000, sample(up, startedNow), 'up'],
  ]);
});

test('a reload with dead servers never shows them up (R7)', () => {
  play([
    [0, sample(down), 'down'],
    [1000, sample(unchecked, startedNow), 'down held'],
    [2000, sample(down, startedNow), 'down'],
  ]);
});

test('servers that the new process has found dead are down at once, within the hold', () => {
  play([
    [0, sample(up), 'up'],
    [1000, sample(unchecked, startedNow), 'up held'],
    [1500, sample(down, startedNow), 'down'],
    [1600, sample(unchecked, startedNow), 'up'],
  ]);
});

test('a process that never settles is held for reloadHoldMs, then its samples decide', () => {
  play([
    [0, sample(down), 'down'],
    [1000, sample(unchecked, startedNow), 'down held'],
    [4999, sample(unchecked, startedNow), 'down held'],
    [5000, sample(unchecked, startedNow), 'up'],
  ]);
});

test('endless reloads are held for three holds, then the samples decide', () => {
  const rows: [number, HaproxyInput, string][] = [[0, sample(down), 'down']];
  for (let second = 1; second <= 20; second++) {
    rows.push([second * 1000, sample(unchecked, { pid: 200 + second }), second <= 12 ? 'down held' : 'up']);
  }
  play(rows);
});

test('an agent that starts beside a long-running HAProxy reports at once', () => {
  play([[0, sample(up), 'up']]);
  play([[0, sample(down), 'down']]);
});

test('an agent that starts with HAProxy reports unknown until the servers are checked, never down (R7)', () => {
  play([
    [0, sample(unchecked, { uptimeSeconds: 1 }), 'unknown held'],
    [1000, sample(unchecked, { uptimeSeconds: 2 }), 'unknown held'],
    [2000, sample(up, { uptimeSeconds: 3 }), 'up'],
  ]);
});

test('a silent socket is held for the grace, then down until HAProxy has checked its servers again', () => {
  play([
    [0, sample(up), 'up'],
    [1000, silence, 'up held'],
    [3999, silence, 'up held'],
    [4000, silence, 'down'],
    [5000, sample(unchecked, startedNow), 'down held'],
    [6000, sample(up, startedNow), 'up'],
  ]);
});

test('an agent that starts without HAProxy is unknown for the grace, then down', () => {
  play([
    [0, silence, 'unknown held'],
    [3000, silence, 'down'],
  ]);
});

test('a tick at the deadline ends the grace, and no deadline stays', () => {
  const tracker = createHaproxyTracker({ services: [mapping], reloadHoldMs: 4000, restartGraceMs: 3000 });
  tracker.step(sample(up), 0 as MonoMs);
  assert.equal(tracker.nextDeadlineMs(), undefined);
  tracker.step(silence, 1000 as MonoMs);
  assert.equal(tracker.nextDeadlineMs(), 4000);
  assert.equal(tracker.step({ kind: 'tick' }, 4000 as MonoMs)[0]?.state, 'down');
  assert.equal(tracker.nextDeadlineMs(), undefined);
});

test('a restart within the grace is never down', () => {
  play([
    [0, sample(up), 'up'],
    [1000, silence, 'up held'],
    [2000, sample(unchecked, startedNow), 'up held'],
    [3000, sample(up, startedNow), 'up'],
    [10_000, silence, 'up held'],
    [12_999, silence, 'up held'],
  ]);
});

test('a crash loop is one silence: processes that die before they have checked do not renew the grace', () => {
  play([
    [0, sample(up), 'up'],
    [1000, silence, 'up held'],
    [2000, sample(unchecked, startedNow), 'up held'],
    [3000, silence, 'up held'],
    [4000, silence, 'down'],
    [5000, sample(unchecked, { ...startedNow, pid: 201 }), 'down held'],
    [6000, silence, 'down'],
  ]);
});

test('an old process that answers while it stops is silence', () => {
  play([
    [0, sample(up), 'up'],
    [1000, sample(down, { isStopping: true }), 'up held'],
    [2000, sample(up, startedNow), 'up'],
  ]);
});

test('a drained service that restarts stays draining while held', () => {
  const drained = server({ status: 'DRAIN', weight: 0 });
  play([
    [0, sample(drained), 'draining'],
    [1000, silence, 'draining held'],
    [2000, sample(unchecked, startedNow), 'draining held'],
    [3000, sample(up, startedNow), 'up'],
  ]);
});

test('down only ever follows a look at servers that were checked, or a silence as long as the grace', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 1500 }),
    what: fc.constantFrom('up', 'unchecked', 'reload', 'silence', 'stopping'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const tracker = createHaproxyTracker({ services: [mapping], reloadHoldMs: 4000, restartGraceMs: 3000 });
      let now = 0;
      let pid = 100;
      let lastSettledAt = 0;
      let wasSilentSince = false;
      for (const { afterMs, what } of steps) {
        now += afterMs;
        if (what === 'reload') pid++;
        const info = { pid, uptimeSeconds: 0, isStopping: what === 'stopping' };
        const input = what === 'silence' ? silence : sample(what === 'up' ? up : unchecked, info);
        const [report] = tracker.step(input, now as MonoMs);
        if (what === 'up') {
          lastSettledAt = now;
          wasSilentSince = false;
        }
        wasSilentSince ||= what === 'silence' || what === 'stopping';
        if (report?.state === 'down') assert.ok(wasSilentSince && now - lastSettledAt >= 3000);
      }
    }),
  );
});
