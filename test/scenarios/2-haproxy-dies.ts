/** The HAProxy of the VRRP master is killed: the VIP moves, and neither DNS nor BGP does (R6). */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { fra, sites } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertAnswersStayed, assertRouteStayed, bothVips } from './scenario.ts';

/** Longer than the VRRP grace (8 s) and three failing rounds of probes together. */
const observedMs = 15_000;

export const haproxyDies: Scenario = {
  title: "2: the master's HAProxy is killed",
  run: async (lab, timeline) => {
    const master = await lab.vipOwner(fra);
    assert.ok(master !== undefined, 'one node has the VIP');
    const startMs = unixMs();
    timeline.fault(`HAProxy of ${master.name}, the master, is killed`);
    await lab.killDaemon(master.name, 'haproxy');

    const moved = async (): Promise<Seen> => {
      const owner = await lab.vipOwner(fra);
      return (owner !== undefined && owner.name !== master.name) || `VIP at ${owner?.name ?? 'no node, or both'}`;
    };
    await waitFor('the VIP to move', moved, { deadlineMs: 15_000 });
    timeline.mark(`the VIP is at ${(await lab.vipOwner(fra))?.name ?? 'no node'}`);
    const reached = async (): Promise<Seen> => {
      const { status, body } = await lab.curl(fra.vip);
      return status === 200 || `${status} ${body}`;
    };
    await waitFor('the client to reach the VIP again', reached, { deadlineMs: 5_000 });
    timeline.mark('a client reaches the VIP again');

    const past = (): Seen => unixMs() - startMs > observedMs || `${unixMs() - startMs} ms`;
    await waitFor('the time in which DNS and BGP might still move', past, { deadlineMs: observedMs + 1_000 });
    for (const site of sites) {
      assertAnswersStayed(lab, site, bothVips, startMs);
      assertRouteStayed(lab, site, startMs);
    }
    timeline.mark('DNS and BGP have not moved');
    await lab.startDaemon(master.name, 'haproxy');
  },
};
