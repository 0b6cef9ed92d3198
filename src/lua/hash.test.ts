import assert from 'node:assert/strict';
import test from 'node:test';
import { ipBytes } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { lookup2 } from './hash.ts';

test('the hash is that of the published C function', () => {
  // Golden values from lookup2.c as compiled by gcc 12.
  const ramp = Uint8Array.from({ length: 23 }, (_, index) => index * 37);
  const rows: [hash: number, expected: number][] = [
    [lookup2(ipBytes('192.0.2.53' as IpAddress)), 2_922_533_433],
    [lookup2(ipBytes('2001:db8::53' as IpAddress)), 2_539_138_217],
    [lookup2(new Uint8Array(0)), 3_175_731_469],
    [lookup2(ramp.subarray(0, 11), 7), 2_793_098_612],
    [lookup2(ramp), 3_181_397_821],
  ];
  for (const [hash, expected] of rows) assert.equal(hash, expected);
});
