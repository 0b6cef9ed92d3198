import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import { Loopback } from './loopback.ts';

const address = (text: string): IpAddress => {
  const parsed = parseIp(text);
  assert.ok(parsed !== undefined);
  return parsed;
};
const anycast = address('203.0.113.1');
const anycast6 = address('2001:db8::1');

/** A loopback that is a set, and what `ip` was called with. */
function node(present: readonly IpAddress[], owned: readonly IpAddress[] = [], works = true) {
  const addresses = new Set(present);
  const calls: string[] = [];
  const kept: (readonly IpAddress[])[] = [];
  const loopback = new Loopback({
    owned,
    onOwned: (now) => void kept.push(now),
    readAddresses: () => addresses,
    runIp: (args) => {
      calls.push(args.join(' '));
      if (!works) return Promise.resolve(refuse('RTNETLINK answers: Operation not permitted'));
      const at = address((args[2] ?? '').replace(/\/.*/, ''));
      if (args[1] === 'add') addresses.add(at);
      else addresses.delete(at);
      return Promise.resolve(succeed(undefined));
    },
  });
  return { loopback, addresses, calls, kept };
}

test('an address is put there as a host, remembered before, and taken off again', async () => {
  const { loopback, addresses, calls, kept } = node([]);
  assert.ok((await loopback.put(anycast)).ok);
  assert.ok((await loopback.put(anycast6)).ok);
  assert.deepEqual([...addresses], [anycast, anycast6]);
  assert.ok((await loopback.takeOff(anycast)).ok);
  assert.deepEqual(calls, [
    'address add 203.0.113.1/32 dev lo',
    'address add 2001:db8::1/128 dev lo nodad',
    'address del 203.0.113.1/32 dev lo',
  ]);
  assert.deepEqual(kept, [[anycast], [anycast, anycast6], [anycast6]]);
});

test('what the operator put there is neither added nor taken off', async () => {
  const { loopback, addresses, calls } = node([anycast]);
  await loopback.put(anycast);
  await loopback.takeOff(anycast);
  assert.deepEqual([calls, [...addresses]], [[], [anycast]]);
});

test('what an earlier run put there is taken off', async () => {
  const { loopback, addresses } = node([anycast], [anycast]);
  await loopback.put(anycast);
  assert.deepEqual(loopback.owned, [anycast]);
  await loopback.takeOff(anycast);
  assert.deepEqual([...addresses], []);
});

test('what the system refuses is a fault, and nothing is ours then', async () => {
  const { loopback } = node([], [], false);
  const put = await loopback.put(anycast);
  assert.ok(!put.ok);
  assert.match(put.fault, /203\.0\.113\.1 cannot be put on the loopback: RTNETLINK answers/);
  assert.deepEqual(loopback.owned, []);
});
