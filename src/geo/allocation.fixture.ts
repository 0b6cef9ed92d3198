/** Prints for each kind of address how many octets finding it allocates once the code is compiled. Run by a test. */
import { getHeapStatistics } from 'node:v8';
import { ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { createAtlas } from './atlas.ts';
import { buildGeoTables } from './build-tables.ts';
import { geoSourceOf } from './tables.ts';

const rounds = 40;
const findsEach = 20_000;

const nets = ['81.2.69.0/24', '200.0.0.0/8', '2a00::/16', 'fd00::/8'].map((text, index) => ({
  prefix: present(parsePrefix(text), text),
  place: { country: ['GB', 'BR', 'DE', 'US'][index] ?? '' },
}));
const atlas = createAtlas([], nets);
if (!atlas.ok) throw new Error(atlas.fault);
const distinction = { key: 'country', classify: ({ country = '' }: { readonly country?: string }) => country };
const tables = buildGeoTables(atlas.value, { distinctions: [distinction], addresses: [] });
const handle = geoSourceOf(tables).register(distinction);
let sum = 0;
const texts = ['81.2.69.1', '255.255.255.255', '2a00::1', 'ffff::', '::ffff:200.1.1.1', '2002:c801:101::1', '2001::1'];
for (const text of texts) {
  const address = ipBytes(present(parseIp(text), text));
  // The best of many rounds: in some of them V8 itself compiles.
  let least = Infinity;
  for (let round = 0; round < rounds && least >= 1; round++) {
    const before = getHeapStatistics().used_heap_size;
    for (let count = 0; count < findsEach; count++) sum += handle.find(address) + handle.scopeBits;
    const allocated = getHeapStatistics().used_heap_size - before;
    // Negative where the collector ran.
    if (allocated >= 0) least = Math.min(least, allocated / findsEach);
  }
  console.log(`${least.toFixed(1)} ${text} ${sum}`);
}
