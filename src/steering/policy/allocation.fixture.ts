/** Prints for each policy how many octets one answer allocates once the code is compiled. Run by allocation.test.ts. */
import { getHeapStatistics } from 'node:v8';
import { recordType } from '#dns/wire/constants.ts';
import type { PolicyStep } from './model.ts';
import { clientAt, geoOf, policyOf, siteMember, World } from './policy.fixture.ts';

const rounds = 40;
const answersEach = 20_000;

const names = ['ams', 'fra', 'iad', 'ord', 'sin'];
const members = names.map((name, index) =>
  siteMember(name, index + 1, { location: { latitude: index, longitude: 0 } }),
);
const geo = geoOf({ '203.0.113.0/24': { country: 'DE', continent: 'EU', latitude: 51, longitude: 10 } });
const prefixBits = { ipv4: 24, ipv6: 56 };

const policies: Readonly<Record<string, readonly PolicyStep[]>> = {
  up: [],
  failover: [
    {
      kind: 'failover',
      tiers: [
        ['ams', 'fra'],
        ['iad', 'ord', 'sin'],
      ],
    },
  ],
  weighted: [{ kind: 'weighted' }],
  sticky: [{ kind: 'sticky', prefixBits }],
  load: [
    { kind: 'load', prefixBits },
    { kind: 'take', count: 2 },
  ],
};

const client = clientAt('203.0.113.9');
for (const [name, steps] of Object.entries(policies)) {
  const answer = new World([policyOf(members, steps)], { geo }).steering(recordType.A);
  // The best of many rounds: in some of them V8 itself compiles.
  let least = Infinity;
  for (let round = 0; round < rounds && least >= 1; round++) {
    const before = getHeapStatistics().used_heap_size;
    for (let count = 0; count < answersEach; count++) answer(client);
    const allocated = getHeapStatistics().used_heap_size - before;
    // Negative where the collector ran.
    if (allocated >= 0) least = Math.min(least, allocated / answersEach);
  }
  console.log(`${least.toFixed(1)} ${name}`);
}
