/**
 * A coordinator is killed with SIGKILL and started again. The other answers rightly meanwhile, and BIRD keeps the route
 * of the one that is away, by graceful restart (R24). What it wrote is written down.
 */
import { unixMs } from '#base/clock.ts';
import { waitFor } from '../lab/wait.ts';
import { fra, iad } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertAnswersStayed, assertRouteKept, assertRouteStayed, bothVips } from './scenario.ts';

const deadlineMs = 30_000;
/** How long the coordinator stays dead: longer than its leases and three rounds of probes. */
const deadMs = 8_000;

export const coordinatorDies: Scenario = {
  title: '4: a coordinator is killed and started again',
  run: async (lab, timeline) => {
    const startMs = unixMs();
    timeline.fault(`the coordinator of ${fra.id} is killed with SIGKILL`);
    await lab.killContainer(fra.coordinator.name);
    await waitFor('the time that it stays dead', () => unixMs() - startMs > deadMs || 'waiting', { deadlineMs });
    timeline.mark(`the coordinator of ${fra.id} is started`);
    await lab.startContainer(fra.coordinator.name);
    await waitFor(`both sites in DNS at ${fra.id}`, () => lab.answers(fra, bothVips), { deadlineMs });
    await waitFor(`the route at ${fra.id}`, () => lab.hasRoute(fra, true), { deadlineMs });

    assertAnswersStayed(lab, iad, bothVips, startMs);
    assertRouteStayed(lab, iad, startMs);
    assertRouteKept(lab, fra, startMs);
    const log = await lab.logs(fra.router.name, startMs);
    for (const line of log.split('\n')) {
      if (line.includes('coordinator')) timeline.mark(`BIRD at ${fra.id} wrote: ${line}`);
    }
  },
};
