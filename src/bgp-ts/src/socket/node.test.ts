import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { freePort } from '../../test/free-port.ts';
import type { Address } from '../wire/address.ts';
import { address, End, plain } from './connection-end.fixture.ts';
import { nodeTransport } from './node.ts';
import type { Connection, IncomingConnection, Listener, SocketSettings } from './transport.ts';

const options = { timeout: 20_000 };

const loopbacks = [address('127.0.0.1'), address('::1')];

interface Pair {
  readonly listener: Listener;
  readonly incoming: IncomingConnection;
  readonly near: End;
  readonly connection: Connection;
}

async function openListener(at: Address, onIncoming: (incoming: IncomingConnection) => void): Promise<Listener> {
  const opened = await nodeTransport.listen({ address: at, port: 0 }, onIncoming);
  assert.ok(opened.ok, opened.ok ? '' : opened.fault);
  return opened.value;
}

function dial(
  { address: at, port }: Pick<Listener, 'address' | 'port'>,
  settings: SocketSettings,
  end: End,
): Connection {
  const dialed = nodeTransport.dial({ address: at, port, localAddress: at, settings }, end.events);
  assert.ok(dialed.ok, dialed.ok ? '' : dialed.fault);
  return dialed.value;
}

/** Connects with the same settings at both ends; `far` takes the accepted connection. */
async function connectPair(
  at: Address,
  settings: SocketSettings,
  far: End,
): Promise<Pair & { readonly far: Connection }> {
  const accepted = Promise.withResolvers<readonly [IncomingConnection, Connection]>();
  const listener = await openListener(at, (incoming) => accepted.resolve([incoming, incoming.take(far.events)]));
  assert.deepEqual(listener.expect({ address: at, settings }), { ok: true, value: undefined });
  const near = new End();
  const connection = dial(listener, settings, near);
  const [incoming, farConnection] = await accepted.promise;
  assert.equal(await near.connected.promise, at);
  return { listener, incoming, near, connection, far: farConnection };
}

const settingsByName: Readonly<Record<string, SocketSettings>> = {
  'no settings': plain,
  'a key': { ...plain, md5Key: 'k'.repeat(80) },
  GTSM: { ...plain, ttlSecurityHops: 1 },
  'all settings': { md5Key: 'key', ttlSecurityHops: 254, device: 'lo', dscp: 48 },
};

for (const at of loopbacks) {
  for (const [name, settings] of Object.entries(settingsByName)) {
    void test(`bytes go both ways over ${at} with ${name}, and an end reads on`, options, async () => {
      const far = new End();
      const pair = await connectPair(at, settings, far);
      assert.deepEqual([pair.incoming.remoteAddress, pair.incoming.localAddress], [at, at]);
      pair.connection.send(Uint8Array.of(1, 2, 3));
      await far.receives(3);
      pair.connection.send(Uint8Array.of(4));
      pair.connection.end();
      pair.far.send(Uint8Array.of(5));
      pair.connection.send(Uint8Array.of(6));
      assert.deepEqual(await far.closed.promise, { reason: 'the peer closed the connection', local: undefined });
      await pair.near.closed.promise;
      assert.deepEqual(Buffer.concat(far.received), Buffer.of(1, 2, 3, 4));
      assert.deepEqual(Buffer.concat(pair.near.received), Buffer.of(5));
      await pair.listener.close();
    });
  }
}

void test('a listener closes strangers, also those who were expected once, and says so', options, async () => {
  const at = address('127.0.0.1');
  const refused: string[] = [];
  const opened = await nodeTransport.listen(
    { address: at, port: 0 },
    () => assert.fail('nobody comes in'),
    (remoteAddress, reason) => void refused.push(`${remoteAddress}: ${reason}`),
  );
  assert.ok(opened.ok);
  const listener = opened.value;
  const visit = async (): Promise<void> => {
    const end = new End();
    dial(listener, plain, end);
    await end.closed.promise;
  };
  await visit();
  assert.ok(listener.expect({ address: at, settings: { ...plain, md5Key: 'key' } }).ok);
  listener.forget({ address: at, settings: plain });
  await visit();
  assert.deepEqual(refused, Array(2).fill('127.0.0.1: no peer that may connect has this address'));
  await listener.close();
});

void test('an incoming connection that nobody takes is closed', options, async () => {
  const at = address('::1');
  const listener = await openListener(at, () => undefined);
  listener.expect({ address: at, settings: plain });
  const end = new End();
  dial(listener, plain, end);
  await end.closed.promise;
  await listener.close();
});

void test('an address that is in use is refused by name', options, async () => {
  const listener = await openListener(address('127.0.0.1'), () => undefined);
  const again = await nodeTransport.listen({ address: listener.address, port: listener.port }, () => undefined);
  assert.deepEqual(again, {
    ok: false,
    fault: `listen EADDRINUSE: address already in use 127.0.0.1:${listener.port}`,
  });
  await listener.close();
});

void test('settings that the system refuses are named, and no descriptor stays open', options, async () => {
  const count = (): number => readdirSync('/proc/self/fd').length;
  const at = address('127.0.0.1');
  const listener = await openListener(at, (incoming) => incoming.refuse());
  listener.expect({ address: at, settings: plain });
  const closedPort = await freePort();
  // What stays open for good, such as for koffi, is open after a first round.
  const round = async (): Promise<void> => {
    const refusals = [
      { ...plain, md5Key: 'key', ttlSecurityHops: 0 },
      { ...plain, ttlSecurityHops: 300 },
    ];
    for (const settings of refusals) {
      const end = new End();
      const dialed = nodeTransport.dial({ address: at, port: 179, localAddress: undefined, settings }, end.events);
      assert.deepEqual(dialed, {
        ok: false,
        fault: 'the system refuses ttlSecurityHops, IP_MINTTL: EINVAL (invalid argument)',
      });
      assert.deepEqual(listener.expect({ address: at, settings }), dialed);
    }
    const device = new End();
    dial(listener, { ...plain, device: 'no-such-device' }, device);
    assert.deepEqual(await device.closed.promise, {
      reason: 'the system refuses device "no-such-device", SO_BINDTODEVICE: ENODEV (no such device)',
      local: 'local',
    });
    const settings = { ...plain, dscp: 48 };
    const source = new End();
    const absent = { address: at, port: listener.port, localAddress: address('192.0.2.1'), settings };
    assert.ok(nodeTransport.dial(absent, source.events).ok);
    assert.deepEqual(await source.closed.promise, { reason: 'bind EADDRNOTAVAIL 192.0.2.1', local: 'local' });
    const nobody = new End();
    dial({ address: at, port: closedPort }, settings, nobody);
    assert.deepEqual(await nobody.closed.promise, {
      reason: `connect ECONNREFUSED 127.0.0.1:${closedPort}`,
      local: undefined,
    });
    const destroyed = new End();
    dial(listener, settings, destroyed).destroy();
    await destroyed.closed.promise;
    const refused = new End();
    dial(listener, settings, refused);
    await refused.closed.promise;
  };
  await round();
  await turn();
  const before = count();
  await round();
  await turn();
  assert.equal(count(), before);
  await listener.close();
  assert.equal(count(), before - 1);
});
