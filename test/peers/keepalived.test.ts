import assert from 'node:assert/strict';
import test from 'node:test';
import type { VipReport } from '#health/report.ts';
import { missingForKeepalived, startKeepalivedWorld, vip } from './keepalived-nodes.ts';

const skip = missingForKeepalived() ?? false;

const isMaster = ({ owned, state }: VipReport): boolean => owned && state === 'MASTER';
const isBackup = ({ owned, state }: VipReport): boolean => !owned && state === 'BACKUP';

test(
  'the agents beside two real keepaliveds follow the VIP through start, failover, reload and restart',
  { skip },
  async (context) => {
    const world = startKeepalivedWorld(context);
    const [first, second] = world.nodes;

    await context.test('before keepalived runs, the VIP is absent and the state unknown', async () => {
      const found = await world.until('absent', second, () => true);
      assert.deepEqual(found, { address: vip, owned: false, instance: 'VI_1', state: 'unknown' });
      await first.agent.untilLogged(/no notices from keepalived: .*does not exist/);
    });

    await context.test('the first becomes MASTER with the VIP, the second stays BACKUP without', async () => {
      first.start();
      await world.until('master', first, isMaster);
      assert.match(first.run('ip -brief address show dev v0'), /10\.99\.0\.100/);
      second.start();
      await world.until('backup', second, isBackup);
    });

    await context.test('a reload keeps owner and state', async () => {
      const from = world.reports.length;
      first.reload();
      await world.until('reports after the reload', first, isMaster, from + 4);
      await world.until('still backup', second, isBackup, from + 4);
      assert.ok(world.reports.slice(from).every(({ node, vips }) => vips[0]?.owned === (node === first.name)));
    });

    await context.test('keepalived stopped: its node loses the VIP and says STOP, the other takes over', async () => {
      const from = world.reports.length;
      await first.stop();
      await world.until('stopped', first, ({ owned, state }) => !owned && state === 'STOP', from);
      await world.until('master', second, isMaster, from);
    });

    await context.test('started again it is BACKUP, for nopreempt leaves the VIP where it is', async () => {
      const from = world.reports.length;
      first.start();
      await world.until('backup', first, isBackup, from);
      await world.until('still master', second, isMaster, world.reports.length);
    });

    await context.test('keepalived killed: presence stays the truth while its FIFO says nothing', async () => {
      const from = world.reports.length;
      await second.kill();
      await world.until('the other takes over', first, isMaster, from);
      // A killed keepalived leaves its address behind: two owners, which is for the coordinator to tell (R6).
      await world.until('unknown, still here', second, ({ owned, state }) => owned && state === 'unknown', from);
      second.start();
      await world.until('backup again', second, isBackup, world.reports.length);
    });
  },
);
