/**
 * A site whose VIP nobody outside reaches but through the anycast prefix loses its backends, is withdrawn, and returns by
 * itself once they are back, though no probe from outside could pass before (R9). HAProxy, keepalived and BIRD are real.
 */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { Lab } from '../lab/lab.ts';
import type { Timeline } from '../lab/timeline.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { anycast, fra, iad, transit } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertRouteStayed, assertSessionStayed } from './scenario.ts';

const moveDeadlineMs = 40_000;
/** Longer than the three rounds of probes, one a second, with which the outside could overrule the inside (R4). */
const observedMs = 8_000;

export const behindItsPrefix: Scenario = {
  title: '7: a site that is reached through its anycast prefix alone returns by itself',
  run: async (lab, timeline) => {
    const way = ['blackhole', `${fra.vip}/32`];
    await lab.exec(transit.name, ['ip', 'route', 'add', ...way]);
    try {
      await diesAndReturns(lab, timeline);
    } finally {
      await lab.try(transit.name, ['ip', 'route', 'del', ...way]);
    }
  },
};

async function diesAndReturns(lab: Lab, timeline: Timeline): Promise<void> {
  const startMs = unixMs();
  timeline.mark(`the way from outside to the VIP of ${fra.id} is gone`);
  assert.equal((await lab.curl(fra.vip)).status, 0, 'no client reaches the VIP itself');
  assert.equal((await lab.curl(anycast.address)).status, 200, 'clients reach the anycast address');
  const past = (): Seen => unixMs() - startMs > observedMs || `${unixMs() - startMs} ms`;
  await waitFor('the outside to have had its say', past, { deadlineMs: observedMs + 1_000 });
  assertRouteStayed(lab, fra, startMs);

  timeline.fault(`both backends of ${fra.id} are killed`);
  await lab.killBackends(fra);
  await waitFor(`no route at ${fra.id}`, () => lab.hasRoute(fra, false), { deadlineMs: moveDeadlineMs });
  timeline.mark(`both backends of ${fra.id} are started`);
  await lab.startBackends(fra);
  await waitFor(`the route at ${fra.id}`, () => lab.hasRoute(fra, true), { deadlineMs: moveDeadlineMs });
  assert.equal((await lab.curl(fra.vip)).status, 0, 'the VIP itself is still out of reach');

  timeline.mark(`the backends of ${iad.id} are killed, so that the prefix leads to ${fra.id} alone`);
  await lab.killBackends(iad);
  const reached = async (): Promise<Seen> => {
    const { status, body } = await lab.curl(anycast.address);
    return (status === 200 && body.includes(fra.name)) || `${status} ${body}`;
  };
  await waitFor(`a client to reach ${fra.id} on ${anycast.address}`, reached, { deadlineMs: moveDeadlineMs });
  await lab.startBackends(iad);
  assertSessionStayed(lab, fra, startMs);
}
