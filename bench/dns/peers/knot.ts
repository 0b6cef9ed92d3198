/**
 * Knot DNS: answers are minimal and unlimited by default. Its geoip module answers `weighted` and `geo`; it has no
 * health checks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backends, caseName, countries, geoAddresses, weights } from '../dynamic.ts';
import type { DynamicPlace } from '../dynamic.ts';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const knot: Peer = {
  name: 'knot',
  requirements: [{ program: 'knotd', package: 'knot knot-module-geoip' }],
  records: ['static', 'weighted', 'geo'],
  version: () => printedVersion('knotd', ['-V']),
  prepare({ directory, zone, zoneFile, port, threads, dynamic }) {
    mkdirSync(join(directory, 'db'));
    const modules = dynamic === undefined ? [] : writeModules(directory, dynamic);
    const file = join(directory, 'knot.conf');
    writeFileSync(
      file,
      `server:
    rundir: "${directory}"
    listen: 127.0.0.1@${port}
    udp-workers: ${threads}
    tcp-workers: 1
    background-workers: 1
    edns-client-subnet: ${dynamic === undefined ? 'off' : 'on'}
log:
  - target: stderr
    any: error
database:
    storage: "${directory}/db"
${modules.length === 0 ? '' : `mod-geoip:\n${modules.map(({ config }) => config).join('')}`}zone:
  - domain: ${zone}
    file: "${zoneFile}"
    storage: "${directory}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
${modules.length === 0 ? '' : `    module: [${modules.map(({ id }) => `mod-geoip/${id}`).join(', ')}]\n`}`,
    );
    return { program: 'knotd', args: ['-c', file] };
  },
};

/** One instance of the geoip module. */
interface GeoModule {
  readonly id: string;
  readonly config: string;
}

/** The module's parts of the configuration; the records that they choose among go into files. */
function writeModules(directory: string, { cases, databaseFile }: DynamicPlace): readonly GeoModule[] {
  const write = (id: 'weighted' | 'geo', entries: readonly string[], settings: string): GeoModule => {
    const file = join(directory, `${id}.conf`);
    writeFileSync(file, `${caseName(id)}:\n${entries.join('')}`);
    return { id, config: `  - id: ${id}\n    config-file: "${file}"\n    ttl: 300\n${settings}` };
  };
  const entry = (key: string, value: string | number, address: string): string =>
    `  - ${key}: ${typeof value === 'number' ? value : `"${value}"`}\n    A: ${address}\n`;
  const modules: GeoModule[] = [];
  if (cases.includes('weighted')) {
    const entries = backends.map((address, index) => entry('weight', weights[index] ?? 0, address));
    modules.push(write('weighted', entries, '    mode: weighted\n'));
  }
  if (cases.includes('geo')) {
    const known = countries.map((country, index) => entry('geo', country, geoAddresses[index] ?? ''));
    const settings = `    mode: geodb\n    geodb-file: "${databaseFile}"\n    geodb-key: country/iso_code\n`;
    modules.push(write('geo', [...known, entry('geo', '*', geoAddresses[3])], settings));
  }
  return modules;
}
