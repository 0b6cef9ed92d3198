/**
 * Where the clients of the case `geo` are: a MaxMind file of networks with countries, and queries whose client subnets
 * lie in them, as dnsperf's binary input (RFC 1035 §4.2.2, RFC 7871 §6). Equal seeds give equal files.
 */
import { writeFileSync } from 'node:fs';
import { createPrng } from '#base/prng.ts';
import type { IpPrefix } from '#base/ip.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { ednsOption, recordType } from '#dns/wire/constants.ts';
import { parseName } from '#dns/wire/name.ts';
import { buildMmdb } from '../../src/geo/mmdb.fixture.ts';
import type { FixtureMap } from '../../src/geo/mmdb.fixture.ts';
import { countries } from './dynamic.ts';

/** First and last first octet of the networks: addresses that are routed. */
const firstOctet = 1;
const lastOctet = 223;
/** Networks of 16 bits whose country is one of these, and of 20 bits inside some of them. */
const otherCountries = ['FR', 'NL', 'JP', 'BR', 'IN', 'AU', 'ZA', 'CA', 'SE', 'PL', 'KR', 'MX'];
const splitShare = 8;

/** Continents of all countries of the file. */
const continents: Readonly<Record<string, string>> = {
  ...{ DE: 'EU', GB: 'EU', FR: 'EU', NL: 'EU', SE: 'EU', PL: 'EU', US: 'NA', CA: 'NA', MX: 'NA' },
  ...{ JP: 'AS', IN: 'AS', KR: 'AS', BR: 'SA', AU: 'OC', ZA: 'AF' },
};

/** Networks as a file holds them: the country by 20 bits of the address. */
export interface ClientNetworks {
  readonly networks: readonly (readonly [IpPrefix, string])[];
  readonly countryOf: (first: number, second: number, third: number) => string;
}

/** Draws the networks: some 57,000 of 16 bits, and as many of 20 bits inside them. */
export function drawNetworks(seed: number): ClientNetworks {
  const prng = createPrng(seed);
  const all = [...countries, ...otherCountries];
  const byNetwork = new Map<number, string>();
  const networks: [IpPrefix, string][] = [];
  const draw = (): string => all[prng.below(all.length)] ?? '';
  const add = (text: string, key: number): void => {
    const country = draw();
    byNetwork.set(key, country);
    // Written here, so it is a prefix with no host bits.
    networks.push([text as IpPrefix, country]);
  };
  for (let first = firstOctet; first <= lastOctet; first++) {
    for (let second = 0; second < 256; second++) {
      add(`${first}.${second}.0.0/16`, (first << 8) | second);
      if (prng.below(splitShare) !== 0) continue;
      for (let third = 0; third < 256; third += 16) {
        add(`${first}.${second}.${third}.0/20`, (1 << 20) | (first << 12) | (second << 4) | (third >> 4));
      }
    }
  }
  const countryOf = (first: number, second: number, third: number): string =>
    byNetwork.get((1 << 20) | (first << 12) | (second << 4) | (third >> 4)) ??
    byNetwork.get((first << 8) | second) ??
    '';
  return { networks, countryOf };
}

/** Writes the MaxMind file. */
export function writeDatabase(file: string, { networks }: ClientNetworks): void {
  const place = (country: string): FixtureMap => ({
    continent: { code: continents[country] ?? '' },
    country: { iso_code: country },
  });
  const entries = networks.map(([prefix, country]): [IpPrefix, FixtureMap] => [prefix, place(country)]);
  const metadata = { database_type: 'GeoLite2-Country', languages: ['en'], description: { en: 'benchmark' } };
  writeFileSync(file, narrowMetadata(buildMmdb({ networks: entries, metadata })));
}

/** Makes the small numbers of the metadata 16-bit ones: libmaxminddb takes no wider ones there. */
function narrowMetadata(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length);
  const start = text.lastIndexOf('MaxMind.com');
  for (const key of ['binary_format_major_version', 'binary_format_minor_version', 'ip_version', 'record_size']) {
    const at = text.indexOf(key, start) + key.length;
    const control = text[at] ?? 0;
    // The upper three bits are the type: 6 is a 32-bit number, 5 one of 16 bits.
    if (control >> 5 === 6) text[at] = (5 << 5) | (control & 31);
  }
  return file;
}

/** Writes queries for one name, each with a random client network of 24 bits. */
export function writeSubnetQueries(file: string, name: string, { lines, seed }: { lines: number; seed: number }): void {
  const prng = createPrng(seed);
  const messages: Uint8Array[] = [];
  for (let line = 0; line < lines; line++) {
    const first = firstOctet + prng.below(lastOctet - firstOctet + 1);
    const message = subnetQuery(name, [first, prng.below(256), prng.below(256)]);
    messages.push(Uint8Array.of(message.length >> 8, message.length & 0xff), message);
  }
  writeFileSync(file, Buffer.concat(messages));
}

/** The octets of a query for an A record with a client network of 24 bits. */
export function subnetQuery(name: string, network: readonly [number, number, number]): Uint8Array {
  const parsed = parseName(`${name}.`);
  if (!parsed.ok) throw new Error(parsed.fault);
  const options = Uint8Array.of(0, ednsOption.clientSubnet, 0, 7, 0, 1, 24, 0, ...network);
  return encodeQuery(0, { name: parsed.value, type: recordType.A }, { udpBytes: 4096, options });
}
