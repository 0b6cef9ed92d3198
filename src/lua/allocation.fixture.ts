/** Prints for each record how many octets an evaluation allocates once the code is compiled. Run by records.test.ts. */
import { getHeapStatistics } from 'node:v8';
import { asking, FakeGeo, recordOf } from './lua.fixture.ts';

const rounds = 40;
const evaluationsEach = 20_000;

// Health as the server has it: readings that were made beforehand.
const up = { state: 'up', changePending: false } as const;
const health = { register: () => ({ read: () => up, weight: () => 3 }) };
const geo = new FakeGeo({ 1: { latitude: 1, longitude: 1 }, 2: { latitude: 2, longitude: 2 } });

const addresses = "{'1.0.2.1', '2.0.2.2', '1.0.2.3'}";
const weighted = "{{10, '192.0.2.1'}, {20, '192.0.2.2'}, {30, '192.0.2.3'}}";
const codes = [
  `ifportup(443, ${addresses})`,
  `ifportup(443, ${addresses}, {selector='all'})`,
  `ifportup(443, ${addresses}, {selector='hashed'})`,
  `ifurlup('https://www.example.org/', {${addresses}, ${addresses}})`,
  `pickrandom(${addresses})`,
  `pickhashed(${addresses})`,
  `pickwrandom(${weighted})`,
  `pickwhashed(${weighted})`,
  `picknamehashed(${weighted})`,
  `pickchashed(${weighted})`,
  `pickwhashed(${weighted}, {port=443})`,
  `pickselfweighted('https://www.example.org/', ${addresses})`,
  `pickrandomsample(2, ${addresses})`,
  `all(${addresses})`,
  "view({{{'198.51.100.0/24'}, {'192.0.2.1'}}, {{'0.0.0.0/0'}, {'192.0.2.2'}}})",
  "'192.0.2.1'",
];
const clients = Array.from({ length: 256 }, (_, host) => asking('www.example.org', `198.51.100.${host}`));

for (const code of codes) {
  const record = recordOf(code, { health, geo });
  let least = Infinity;
  for (let round = 0; round < rounds && least >= 1; round++) {
    const before = getHeapStatistics().used_heap_size;
    for (let count = 0; count < evaluationsEach; count++) {
      const client = clients[count & 0xff];
      if (client !== undefined) record.evaluate(client);
    }
    const allocated = getHeapStatistics().used_heap_size - before;
    // Negative where the collector ran.
    if (allocated >= 0) least = Math.min(least, allocated / evaluationsEach);
  }
  console.log(`${least.toFixed(1)} ${code}`);
}
