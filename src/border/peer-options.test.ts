import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIp } from '#base/ip.ts';
import { peerOptionsOf } from './peer-options.ts';
import { neighborPlanSchema } from './plan.ts';

const routerId = parseIp('10.66.1.53');
const machine = { localAddress: undefined, listen: [], md5Keys: new Map<string, string>() };

/** Whether a peer of this plan may have a hold time of 0, by either side's wish (RFC 4271 §4.2). */
function allowsZero(more: Readonly<Record<string, unknown>>): boolean {
  assert.ok(routerId !== undefined);
  const least = { name: 'rt1', address: '10.66.1.1', port: 179, peerAsn: 65000, localAsn: 65010 };
  const rest = { holdTimeSeconds: 9, connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
  const options = peerOptionsOf(neighborPlanSchema.parse({ ...least, ...rest, ...more }), { routerId, machine });
  assert.ok(options.ok);
  return options.value.allowHoldTimeZero === true;
}

test('a hold time of 0 is agreed to only where BFD watches the neighbor, whoever wants it', () => {
  const bfd = { intervalMs: 500, multiplier: 4, isStrict: false };
  assert.equal(allowsZero({}), false);
  assert.equal(allowsZero({ holdTimeSeconds: 0, bfd }), true);
  assert.equal(allowsZero({ bfd }), true);
});

test('R24: an instruction of a version that took a hold time of 0 without BFD keeps its session over an upgrade', () => {
  assert.equal(allowsZero({ holdTimeSeconds: 0 }), true);
});
