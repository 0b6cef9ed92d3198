/**
 * Every backend everywhere dies, at once and in two steps. DNS freezes on the set that was up and never gives an empty
 * answer (R8); one site keeps announcing, whatever it thinks of itself (R19).
 */
import { unixMs } from '#base/clock.ts';
import type { Lab } from '../lab/lab.ts';
import type { Timeline } from '../lab/timeline.ts';
import { waitFor } from '../lab/wait.ts';
import { fra, iad, sites } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertNeverEmpty, assertSomeRouteStayed } from './scenario.ts';

const stepMs = 10_000;
/** Long enough for HAProxy, reports and the anchor's exchange to have said all they will say. */
const observedMs = 20_000;

export const everythingDiesAtOnce: Scenario = {
  title: '5a: every backend everywhere dies at once',
  run: async (lab, timeline) => {
    const startMs = unixMs();
    timeline.fault('every backend of both sites is killed');
    await lab.killBackends(...sites);
    await observeAndRestore(lab, timeline, startMs);
  },
};

export const everythingDiesInSteps: Scenario = {
  title: '5b: every backend dies, one site ten seconds after the other',
  run: async (lab, timeline) => {
    const startMs = unixMs();
    timeline.fault(`every backend of ${fra.id} is killed`);
    await lab.killBackends(fra);
    await pass(stepMs);
    timeline.mark(`every backend of ${iad.id} is killed`);
    await lab.killBackends(iad);
    await observeAndRestore(lab, timeline, startMs);
  },
};

async function observeAndRestore(lab: Lab, timeline: Timeline, startMs: number): Promise<void> {
  await pass(observedMs);
  timeline.mark('every backend is started');
  await lab.startBackends(...sites);
  await lab.settle();
  assertNeverEmpty(lab, sites, startMs);
  assertSomeRouteStayed(lab, startMs);
}

/** Lets time pass while the watchers look: what must not happen has no event to wait for. */
async function pass(durationMs: number): Promise<void> {
  const untilMs = unixMs() + durationMs;
  await waitFor('time to pass', () => unixMs() >= untilMs || 'waiting', { deadlineMs: durationMs + 1_000 });
}
