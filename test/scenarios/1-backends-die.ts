/** Both backends of a site die while HAProxy still accepts on its VIP: only R1, the truth from inside, moves DNS and BGP. */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { anycast, fra, iad, sites, zone } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertNeverEmpty, assertRouteStayed, assertSessionStayed, bothVips } from './scenario.ts';

const moveDeadlineMs = 20_000;
/** Random answers asked for: a dead site that is still in would show with a chance of 1 − 2⁻¹⁶. */
const wwwQueries = 16;

export const backendsDie: Scenario = {
  title: '1: both backends of a site die while HAProxy still accepts',
  run: async (lab, timeline) => {
    const startMs = unixMs();
    timeline.fault(`both backends of ${fra.id} are killed`);
    await lab.killBackends(fra);
    for (const site of sites) {
      await waitFor(`only ${iad.id} in DNS at ${site.id}`, () => lab.answers(site, [iad.vip]), {
        deadlineMs: moveDeadlineMs,
      });
    }
    await waitFor(`no route at ${fra.id}`, () => lab.hasRoute(fra, false), { deadlineMs: moveDeadlineMs });

    for (const site of sites) {
      const verdict = await lab.verdict(site, fra);
      assert.equal(verdict?.state, 'down', `the verdict at ${site.id}`);
      assert.equal(verdict.basis, 'inside', `what the verdict at ${site.id} rests on`);
    }
    assert.equal((await lab.curl(fra.vip)).status, 503, 'HAProxy still accepts on the VIP');
    for (const site of sites) {
      for (let query = 0; query < wwwQueries; query++) {
        const { answers } = await lab.dig(site, `www.${zone}`);
        assert.deepEqual(answers, [iad.vip], `www at ${site.id}`);
      }
    }
    // The network behind the router takes its time to follow it.
    const moved = async (): Promise<Seen> => {
      const { status, body } = await lab.curl(anycast.address);
      return (status === 200 && body.includes(iad.name)) || `${status} ${body}`;
    };
    await waitFor(`a client on ${anycast.address} to reach ${iad.id}`, moved, { deadlineMs: moveDeadlineMs });
    timeline.mark(`a client reaches ${iad.id} on ${anycast.address}`);

    timeline.mark(`both backends of ${fra.id} are started`);
    await lab.startBackends(fra);
    for (const site of sites) {
      await waitFor(`both sites in DNS at ${site.id}`, () => lab.answers(site, bothVips), {
        deadlineMs: moveDeadlineMs,
      });
    }
    await waitFor(`the route at ${fra.id}`, () => lab.hasRoute(fra, true), { deadlineMs: moveDeadlineMs });
    assertNeverEmpty(lab, sites, startMs);
    assertSessionStayed(lab, fra, startMs);
    assertRouteStayed(lab, iad, startMs);
  },
};
