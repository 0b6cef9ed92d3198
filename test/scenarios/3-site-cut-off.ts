/**
 * A whole site is cut off: its leases expire, the survivor is sane by its references and moves its answers. The site that
 * is alone reaches no reference: it freezes, and takes nothing back (R5, R19, R23).
 */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { anycast, fra, iad, sites } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertNeverEmpty, assertRouteStayed, bothVips } from './scenario.ts';

const moveDeadlineMs = 30_000;
const healDeadlineMs = 30_000;
/** After the other site has moved its answers, which takes longer than to see that no reference answers. */
const freezeDeadlineMs = 2_000;

export const siteCutOff: Scenario = {
  title: '3: a whole site is cut off',
  run: async (lab, timeline) => {
    const startMs = unixMs();
    timeline.fault(`${fra.id} is cut off`);
    await lab.cut(fra);
    await waitFor(`only ${iad.id} in DNS at ${iad.id}`, () => lab.answers(iad, [iad.vip]), {
      deadlineMs: moveDeadlineMs,
    });
    assert.equal((await lab.status(iad))?.sanity, 'sane', `${iad.id} reaches its reference`);
    const isFrozen = async (): Promise<Seen> => {
      const sanity = (await lab.status(fra))?.sanity;
      return sanity === 'frozen' || `it is ${sanity ?? 'unknown'}`;
    };
    await waitFor(`${fra.id}, which reaches no reference, to freeze`, isFrozen, { deadlineMs: freezeDeadlineMs });
    const reached = async (): Promise<Seen> => {
      const { status, body } = await lab.curl(anycast.address);
      return (status === 200 && body.includes(iad.name)) || `${status} ${body}`;
    };
    await waitFor('the client to reach the survivor by anycast', reached, { deadlineMs: moveDeadlineMs });
    timeline.mark(`a client reaches ${iad.id} on ${anycast.address}`);

    timeline.mark(`${fra.id} is connected again`);
    await lab.heal(fra);
    for (const site of sites) {
      await waitFor(`both sites in DNS at ${site.id}`, () => lab.answers(site, bothVips), {
        deadlineMs: healDeadlineMs,
      });
    }
    await lab.settleDaemons();
    timeline.mark('a client reaches both sites again');
    assertNeverEmpty(lab, sites, startMs);
    for (const site of sites) assertRouteStayed(lab, site, startMs);
  },
};
