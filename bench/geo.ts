/**
 * Places at the size of MaxMind's City file: opening it, building the tables of a dozen distinctions, and looking
 * addresses up. The file is made up: `node bench/geo.ts [IPv4 networks] [IPv6 networks] [records]`.
 */
import { createPrng } from '#base/prng.ts';
import { createAtlas } from '#geo/atlas.ts';
import { buildGeoTables } from '#geo/build-tables.ts';
import { openMmdb } from '#geo/mmdb.ts';
import { assembleMmdb, encodeValue, FixtureTree } from '#geo/mmdb.fixture.ts';
import type { GeoDistinction, Place } from '#geo/source.ts';
import { geoSourceOf } from '#geo/tables.ts';

const [ipv4Networks = 3_000_000, ipv6Networks = 1_000_000, recordCount = 200_000] = process.argv.slice(2).map(Number);
const prng = createPrng(1);
const codes = ['DE', 'FR', 'GB', 'US', 'CA', 'BR', 'JP', 'CN', 'IN', 'AU', 'ZA', 'EG', 'RU', 'IT', 'ES', 'SE'];

function timed<Value>(what: string, run: () => Value): Value {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const value = run();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = (performance.now() - start).toFixed(0);
  console.log(`${what}: ${wallMs} ms, ${((user + system) / 1000).toFixed(0)} ms of processors`);
  return value;
}

/** Record numbers as they lie in real files: neighbours are mostly of one country, every fourth of one place. */
function createNeighbours(): () => number {
  let country = 0;
  let record = 0;
  return () => {
    if (prng.below(8) === 0) country = prng.below(codes.length);
    if (prng.below(4) > 0) record = prng.below(Math.floor(recordCount / codes.length)) * codes.length + country;
    return record;
  };
}

function cityFile(): Uint8Array {
  const values = Array.from({ length: recordCount }, (_, index) => {
    const iso_code = codes[index % codes.length] ?? '';
    return encodeValue({
      city: { geoname_id: index, names: { de: `Stadt ${index}`, en: `City ${index}`, fr: `Ville ${index}` } },
      continent: { code: 'EU', names: { en: 'Europe' } },
      country: { geoname_id: 7, iso_code, names: { en: `Country ${iso_code}` } },
      location: { accuracy_radius: 10, latitude: (index % 179) - 89.5, longitude: (index % 359) - 179.5 },
      registered_country: { geoname_id: 7, iso_code, names: { en: `Country ${iso_code}` } },
      subdivisions: [{ geoname_id: 9, iso_code: `R${index % 50}`, names: { en: `Region ${index % 50}` } }],
    });
  });
  const tree = new FixtureTree(128);
  const next = createNeighbours();
  const hostBits = Math.floor(Math.log2(0xdf00_0000 / ipv4Networks));
  for (let at = 0x0100_0000; at < 0xe000_0000; at += 2 ** hostBits)
    tree.insert(Uint8Array.of(at >>> 24, (at >>> 16) & 255, (at >>> 8) & 255, 0), 32 - hostBits, next());
  // Under each /32 from 2400::/32 on there are 64 networks of /38.
  for (let index = 0; index < ipv6Networks; index++) {
    const block = 0x2400_0000 + (index >> 6);
    const octets = new Uint8Array(16);
    octets.set([block >>> 24, (block >>> 16) & 255, (block >>> 8) & 255, block & 255, (index & 63) << 2]);
    tree.insert(octets, 38, next());
  }
  return assembleMmdb(tree, values, 28, { database_type: 'GeoIP2-City' });
}

const distinctions: GeoDistinction[] = [
  ...['country', 'continent', 'region', 'city'].map((key) => ({
    key,
    classify: (place: Place) => String(Object.entries(place).find(([name]) => name === key)?.[1] ?? ''),
  })),
  ...Array.from({ length: 8 }, (_, index) => ({
    key: `nearest ${index}`,
    classify: ({ longitude = 0 }: Place) => String(Math.floor((longitude + 180 + index) / 120)),
  })),
];

const bytes = timed('making a file', cityFile);
console.log(`${(bytes.length / 1e6).toFixed(0)} MB`);
const opened = timed('opening', () => openMmdb(bytes, 'city.mmdb'));
if (!opened.ok) throw new Error(opened.fault);
const atlas = createAtlas([opened.value], []);
if (!atlas.ok) throw new Error(atlas.fault);
const tables = timed('building 12 tables', () => buildGeoTables(atlas.value, { distinctions, addresses: [] }));
console.log(`${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`);
const source = geoSourceOf(tables);

for (const [family, octets] of [
  ['IPv4', 4],
  ['IPv6', 16],
] as const) {
  const count = 8192;
  const addresses = Uint8Array.from({ length: count * octets }, () => prng.below(256));
  for (let at = 0; octets === 16 && at < addresses.length; at += 16)
    addresses.set([0x24, 0, prng.below(ipv6Networks >> 14), prng.below(256)], at);
  // As in answering, where one buffer holds the client's address.
  const address = new Uint8Array(octets);
  for (const distinction of [distinctions[0], distinctions[4]]) {
    if (distinction === undefined) continue;
    const handle = source.register(distinction);
    const table = tables.tables.get(distinction.key);
    const rows = (octets === 4 ? (table?.ipv4.rows.byteLength ?? 0) / 8 : (table?.ipv6.rows.byteLength ?? 0) / 20) | 0;
    let sum = 0;
    let best = Infinity;
    for (let round = 0; round < 100; round++) {
      const start = performance.now();
      for (let at = 0; at < addresses.length; at += octets) {
        for (let octet = 0; octet < octets; octet++) address[octet] = addresses[at + octet] ?? 0;
        sum += handle.find(address) + handle.scopeBits;
      }
      best = Math.min(best, (performance.now() - start) / count);
    }
    console.log(`${family} ${distinction.key}, ${rows} runs: ${(best * 1e6).toFixed(0)} ns a lookup (${sum})`);
  }
}
