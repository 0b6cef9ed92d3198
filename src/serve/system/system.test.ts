/** The adapter against the kernel itself: what was set is read back. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { pathMtuDiscoveryOmit, socketOption } from './layout.ts';
import { loadLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import { decodeSocketAddress, encodeSocketAddress } from './socket-address.ts';
import { boundAddress, duplicate, openTcpListener, openUdpSocket, uint32 } from './sockets.ts';

const loaded = loadLibc();
const options = { skip: loaded.ok ? false : loaded.fault };
const buffers = { receiveBufferBytes: 1 << 20, sendBufferBytes: 1 << 19 } as const;

function libcOf(): Libc {
  assert.ok(loaded.ok);
  return loaded.value;
}

function optionOf(libc: Libc, fd: number, { level, name }: { readonly level: number; readonly name: number }): number {
  const value = new Uint8Array(4);
  assert.equal(libc.getsockopt(fd, level, name, value, uint32(4)), 0);
  return new DataView(value.buffer).getInt32(0, true);
}

test('socket addresses are laid out as Linux reads them', () => {
  assert.equal(
    Buffer.from(encodeSocketAddress('192.0.2.1' as IpAddress, 53)).toString('hex'),
    `02000035c0000201${'00'.repeat(8)}`,
  );
  assert.equal(
    Buffer.from(encodeSocketAddress('2001:db8::1' as IpAddress, 0x1234)).toString('hex'),
    `0a0012340000000020010db800000000000000000000000100000000`,
  );
});

test('every address and port comes back from its layout', () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(octets, fc.nat(65_535), (bytes, port) => {
      const address = formatIp(bytes);
      assert.deepEqual(decodeSocketAddress(encodeSocketAddress(address, port)), { address, port });
    }),
  );
  assert.equal(decodeSocketAddress(Uint8Array.of(1, 0, 0x2f, 0)), undefined);
});

test('UDP sockets believe no path MTU, share their port, and tell the asked address on wildcards', options, () => {
  const libc = libcOf();
  for (const [text, discovery, information] of [
    ['127.0.0.1', socketOption.ipv4PathMtuDiscovery, undefined],
    ['0.0.0.0', socketOption.ipv4PathMtuDiscovery, socketOption.ipv4PacketInfo],
    ['::1', socketOption.ipv6PathMtuDiscovery, undefined],
    ['::', socketOption.ipv6PathMtuDiscovery, socketOption.ipv6ReceivePacketInfo],
  ] as const) {
    const opened = openUdpSocket(libc, { address: text as IpAddress, port: 0 }, { ...buffers, sharing: 'sole' });
    assert.ok(opened.ok);
    const { fd, bound } = opened.value;
    assert.deepEqual(boundAddress(libc, fd), bound);
    assert.equal(optionOf(libc, fd, discovery), pathMtuDiscoveryOmit);
    assert.equal(optionOf(libc, fd, socketOption.reusePort), 1);
    if (information !== undefined) assert.equal(optionOf(libc, fd, information), 1);
    if (text.includes(':')) assert.equal(optionOf(libc, fd, socketOption.ipv6Only), 1);
    // The kernel doubles what it is asked for.
    assert.equal(optionOf(libc, fd, socketOption.sendBuffer), 2 * buffers.sendBufferBytes);
    libc.close(fd);
  }
});

test('a sole socket refuses an address that is shared, and sharing it is for those who say so', options, () => {
  const libc = libcOf();
  const listen = { address: '127.0.0.1' as IpAddress, port: 0 };
  const first = openUdpSocket(libc, listen, { ...buffers, sharing: 'sole' });
  assert.ok(first.ok);
  const sole = openUdpSocket(libc, first.value.bound, { ...buffers, sharing: 'sole' });
  assert.equal(sole.ok ? '' : sole.fault.code, 'EADDRINUSE');
  const shared = openUdpSocket(libc, first.value.bound, { ...buffers, sharing: 'shared' });
  assert.ok(shared.ok);
  for (const { fd } of [first.value, shared.value]) libc.close(fd);
});

test('listeners have small segments, and a duplicate outlives its original', options, () => {
  const libc = libcOf();
  const opened = openTcpListener(
    libc,
    { address: '::1' as IpAddress, port: 0 },
    { maximumSegmentBytes: 1220, backlog: 10 },
  );
  assert.ok(opened.ok);
  assert.equal(optionOf(libc, opened.value.fd, socketOption.tcpMaximumSegment), 1220);
  const copy = duplicate(libc, opened.value.fd);
  libc.close(opened.value.fd);
  assert.deepEqual(boundAddress(libc, copy), opened.value.bound);
  libc.close(copy);
  assert.equal(boundAddress(libc, copy), undefined);
});
