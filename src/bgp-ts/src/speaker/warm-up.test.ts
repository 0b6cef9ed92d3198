import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warmUp } from './warm-up.ts';
import type { Change } from './warm-up.ts';

void test('a rehearsal tells its peers of the change and of its end, and ends by itself', async () => {
  const seen = { announced: 0, withdrawn: 0 };
  const updates = new Set<number>();
  let pending: Promise<void> | undefined;
  const change: Change = (speaker, isAnnounced) => {
    assert.ok(speaker.setDesired('192.0.2.0/24', isAnnounced ? { nextHop: 'self' } : null, 'rehearsed').ok);
    seen[isAnnounced ? 'announced' : 'withdrawn']++;
    if (seen.announced !== 1000 || pending !== undefined) return;
    pending = speaker.snapshot().then(({ peers }) => {
      for (const { state, updatesSent } of peers) {
        assert.equal(state, 'established');
        updates.add(updatesSent);
      }
    });
  };
  await warmUp(change, { rounds: 600, budgetMs: Infinity });
  await pending;
  assert.deepEqual(seen, { announced: 1200, withdrawn: 1200 });
  // Both speakers have their turn, and each tells its peers everything: 500 announcements and as many withdrawals.
  assert.equal(updates.size, 1);
  assert.ok([...updates].every((count) => count >= 998));
});
