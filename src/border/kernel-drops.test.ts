import assert from 'node:assert/strict';
import test from 'node:test';
import { parseKernelDrops, readKernelDrops } from './kernel-drops.ts';

test('counters are found by name, and MD5 faults of all kinds are added up', () => {
  const text = `TcpExt: SyncookiesSent TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPMinTTLDrop
TcpExt: 9 1 2 4 7
IpExt: InNoRoutes TCPMinTTLDrop
IpExt: 100 100
`;
  assert.deepEqual(parseKernelDrops(text), { md5Failures: 7, minTtlDrops: 7 });
});

test('a system without them counts nothing', () => {
  assert.deepEqual(parseKernelDrops('TcpExt: A\nTcpExt: 1\n'), { md5Failures: 0, minTtlDrops: 0 });
  assert.deepEqual(readKernelDrops('/nowhere'), { md5Failures: 0, minTtlDrops: 0 });
});
