import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speaker } from './speaker.ts';
import { createWorkerSpeaker } from './worker-client.ts';

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

void test('attributes that their owner has changed since are read again', async () => {
  const speaker = new Speaker({ onEvent: () => undefined });
  const peer = { name: 'rt1', address: '192.0.2.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.9' };
  assert.ok(speaker.addPeer({ ...peer, connection: 'passive' }).ok);
  const attributes = { nextHop: '192.0.2.9', med: 1 };
  const list = ['65001:1'];
  const frozen = Object.freeze({ nextHop: '192.0.2.9', communities: list });
  const frozenLater = { nextHop: '192.0.2.9', med: 1 };
  const say = (): void => {
    assert.ok(speaker.setDesired('198.51.100.1/32', attributes, 'tested').ok);
    assert.ok(speaker.setDesired('198.51.100.2/32', frozen, 'tested').ok);
    assert.ok(speaker.setDesired('198.51.100.3/32', frozenLater, 'tested').ok);
  };
  say();
  attributes.med = 2;
  list.push('65001:2');
  frozenLater.med = 3;
  Object.freeze(frozenLater);
  say();
  await Promise.resolve();
  const { peers } = await speaker.snapshot();
  const plan = peers[0]?.plan.map(({ attributes: told }) => [told?.med, told?.communities]);
  assert.deepEqual(plan, [
    [2, []],
    [undefined, ['65001:1', '65001:2']],
    [3, []],
  ]);
  await speaker.stop({ mode: 'silent' });
});

for (const where of ['in this thread', 'in a worker'] as const) {
  void test(`a snapshot of many routes ${where} is taken in turns, and is whole`, async () => {
    const options = { onEvent: () => undefined };
    const speaker = where === 'in a worker' ? createWorkerSpeaker(options) : new Speaker(options);
    for (const name of ['rt1', 'rt2']) {
      const peer = { name, address: `192.0.2.${name.at(-1) ?? ''}`, peerAsn: 65000, localAsn: 65001 };
      assert.ok(speaker.addPeer({ ...peer, routerId: '192.0.2.9', connection: 'passive' }).ok);
    }
    const texts = Array.from({ length: 20_500 }, (_, index) => `10.0.${index >> 8}.${index & 255}/32`);
    for (const text of texts) assert.ok(speaker.setDesired(text, { nextHop: '192.0.2.9' }, 'tested').ok);
    await Promise.resolve();
    let turns = 0;
    let isOver = false;
    const countTurns = (): void => {
      turns++;
      if (!isOver) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const { peers, desired } = await speaker.snapshot();
    isOver = true;
    // Twenty whole parts of each of two plans, and of what is desired.
    if (where === 'in this thread') assert.ok(turns >= 60, `${turns} turns`);
    for (const { plan } of peers) {
      assert.deepEqual(
        plan.map(({ change, prefix }) => `${change} ${prefix}`),
        texts.map((text) => `announce ${text}`),
      );
    }
    assert.deepEqual([peers.length, desired.length], [2, texts.length]);
    await speaker.stop({ mode: 'silent' });
  });
}
