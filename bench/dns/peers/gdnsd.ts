/**
 * gdnsd: answers are always minimal, there is no rate limiting and no log of queries. Its plugins answer the dynamic
 * cases: simplefo for one of two checked addresses, multifo for all that are up, weighted with and without checks, and
 * geoip.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backends, countries, dynamicCases, geoAddresses, weights } from '../dynamic.ts';
import type { DynamicCase, DynamicPlace } from '../dynamic.ts';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const gdnsd: Peer = {
  name: 'gdnsd',
  requirements: [{ program: 'gdnsd', package: 'gdnsd' }],
  records: ['static', ...dynamicCases],
  version: () => printedVersion('gdnsd', []),
  prepare({ directory, zone, zoneFile, port, threads, dynamic }) {
    mkdirSync(join(directory, 'zones'));
    const lines = dynamic?.cases.map((name) => resources[name].line).join('') ?? '';
    writeFileSync(join(directory, 'zones', zone), readFileSync(zoneFile, 'utf8') + lines);
    writeFileSync(
      join(directory, 'config'),
      `options => {
  listen => [ 127.0.0.1 ]
  dns_port => ${port}
  udp_threads => ${threads}
  tcp_threads => 1
  run_dir => "${directory}/run"
  state_dir => "${directory}/state"
}
${dynamic === undefined ? '' : pluginConfig(dynamic)}`,
    );
    return { program: 'gdnsd', args: ['-c', directory, 'start'] };
  },
};

/** One case as a line of the zone and a resource of a plugin. */
interface Resource {
  readonly line: string;
  readonly plugin: 'simplefo' | 'multifo' | 'weighted' | 'geoip';
  readonly config: (place: DynamicPlace) => string;
}

const numbered = (part: (address: string, index: number) => string): string => backends.map(part).join(', ');
const [first, second] = backends;

const resources: Readonly<Record<DynamicCase, Resource>> = {
  ifportup: {
    line: 'ifportup DYNA simplefo!two\n',
    plugin: 'simplefo',
    config: () => `two => { service_types => port, primary => ${first}, secondary => ${second} }`,
  },
  multi: {
    line: 'multi DYNA multifo!four\n',
    plugin: 'multifo',
    config: () => `four => { service_types => port, ${numbered((address, index) => `a${index} => ${address}`)} }`,
  },
  weighted: {
    line: 'weighted DYNA weighted!four\n',
    plugin: 'weighted',
    config: () => `four => { ${numbered((address, index) => `a${index} => [ ${address}, ${weights[index] ?? 0} ]`)} }`,
  },
  steered: {
    line: 'steered DYNA weighted!two\n',
    plugin: 'weighted',
    config: () => `two => { service_types => port, a => [ ${first}, 100 ], b => [ ${second}, 100 ] }`,
  },
  geo: { line: 'geo DYNA geoip!place\n', plugin: 'geoip', config: geoConfig },
};

function pluginConfig(place: DynamicPlace): string {
  const byPlugin = Map.groupBy(
    place.cases.map((name) => resources[name]),
    ({ plugin }) => plugin,
  );
  const plugins = [...byPlugin].map(
    ([plugin, each]) => `${plugin} => { ${each.map(({ config }) => config(place)).join(', ')} }`,
  );
  return `service_types => { port => { plugin => tcp_connect, port => ${place.backendPort} } }
plugins => { ${plugins.join(', ')} }
`;
}

/** A data centre a country, and one for the others. */
function geoConfig({ databaseFile }: DynamicPlace): string {
  const continent = { DE: 'EU', GB: 'EU', US: 'NA' } as const;
  const inside = (name: string): string =>
    countries
      .filter((country) => continent[country] === name)
      .map((country) => `${country} => [ ${country} ]`)
      .join(', ');
  return `  maps => { countries => {
    geoip2_db => "${databaseFile}"
    datacenters => [ other, ${countries.join(', ')} ]
    map => { default => [ other ], EU => { default => [ other ], ${inside('EU')} }, NA => { default => [ other ], ${inside('NA')} } }
  } }
  resources => { place => {
    map => countries
    dcmap => { ${countries.map((country, index) => `${country} => ${geoAddresses[index] ?? ''}`).join(', ')}, other => ${geoAddresses[3]} }
  } }`;
}
