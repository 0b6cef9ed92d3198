import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speaker } from './speaker.ts';

void test("one peer's own routes of one turn are gathered without copying those before, and all arrive", async (test) => {
  const speaker = new Speaker({ onEvent: () => undefined });
  const peer = { name: 'rt1', address: '192.0.2.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.9' };
  assert.ok(speaker.addPeer({ ...peer, connection: 'passive' }).ok);
  const { mock } = test.mock.method(Map.prototype, 'set');
  for (let host = 0; host < 100; host++) {
    assert.ok(speaker.setDesiredFor('rt1', `198.51.100.${host}/32`, { nextHop: '192.0.2.9' }, 'tested').ok);
  }
  const copied = mock.calls.flatMap(({ arguments: [, value] }) => (Array.isArray(value) ? [value.length] : []));
  mock.restore();
  assert.ok(copied.length <= 1, `lists of ${copied.join(', ')} routes were put in place of one another`);
  await Promise.resolve();
  const { peers } = await speaker.snapshot();
  assert.equal(peers[0]?.plan.length, 100);
  await speaker.stop({ mode: 'silent' });
});
