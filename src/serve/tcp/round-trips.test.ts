import assert from 'node:assert/strict';
import test from 'node:test';
import { formatIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { RoundTrip } from '#health/latency/averages.ts';
import { askTcp, connectTo, loopback, openEcho } from '../clients.fixture.ts';
import { loadLibc } from '../system/libc.ts';

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.fault;
const ipv6 = { address: '::1' as IpAddress, port: 0 };

for (const isPortable of [false, true]) {
  const how = isPortable ? "with Node's own sockets" : 'with descriptors that were lent';

  test(`each client that connects by TCP is measured by its handshake, ${how}`, { skip }, async (context) => {
    const seen: RoundTrip[] = [];
    let wake = (): void => undefined;
    const onRoundTrips = (roundTrips: readonly RoundTrip[]): void => {
      seen.push(...roundTrips);
      wake();
    };
    const server = await openEcho(context, { isPortable, listen: [loopback, ipv6], onRoundTrips });
    for (const { address, port } of server.bound) {
      const socket = await connectTo(port, address);
      assert.equal(await askTcp(socket, 'hello'), 't:hello');
      socket.destroy();
    }
    while (seen.length < 2) await new Promise<void>((resolve) => (wake = resolve));
    assert.deepEqual(
      seen.map(({ address }) => formatIp(address)),
      ['127.0.0.1', '::1'],
    );
    assert.ok(seen.every(({ rttMs }) => rttMs > 0 && rttMs < 1000));
  });
}
