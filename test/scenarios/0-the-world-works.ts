/** What every scenario builds on, seen without fairlead: routes, VRRP failover, web servers, a cut and its healing. */
import { strict as assert } from 'node:assert';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { fra, reference, sites } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';

const deadlineMs = 20_000;

export const theWorldWorks: Scenario = {
  title: '0: the world around fairlead works',
  isWithoutFairlead: true,
  run: async (lab, timeline) => {
    assert.equal((await lab.curl(reference.address)).status, 200, 'the reference answers');
    const master = await lab.vipOwner(fra);
    assert.ok(master !== undefined, 'one node has the VIP');
    timeline.fault(`HAProxy of ${master.name} is killed`);
    await lab.killDaemon(master.name, 'haproxy');
    const moved = async (): Promise<Seen> => {
      const owner = await lab.vipOwner(fra);
      return (owner !== undefined && owner.name !== master.name) || 'not yet';
    };
    await waitFor('the VIP to move', moved, { deadlineMs });
    timeline.mark('the VIP has moved');
    await lab.startDaemon(master.name, 'haproxy');

    timeline.mark(`the backends of ${fra.id} are killed`);
    await lab.killBackends(fra);
    const status = (wanted: number) => async (): Promise<Seen> => {
      const seen = await lab.curl(fra.vip);
      return seen.status === wanted || `${seen.status} ${seen.body}`;
    };
    await waitFor('HAProxy to answer 503', status(503), { deadlineMs });
    timeline.mark('HAProxy accepts and answers 503');
    await lab.startBackends(fra);
    await waitFor('HAProxy to answer 200', status(200), { deadlineMs });
    timeline.mark('HAProxy answers 200');

    timeline.mark(`${fra.id} is cut off`);
    await lab.cut(fra);
    assert.equal((await lab.curl(fra.vip)).status, 0, 'a client does not reach a site that is cut off');
    await lab.heal(fra);
    await lab.settleDaemons();
    timeline.mark(`a client reaches ${sites.map((site) => site.id).join(' and ')}`);
  },
};
