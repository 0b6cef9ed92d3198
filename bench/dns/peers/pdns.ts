/**
 * PowerDNS with its BIND backend: the zone in memory, its packet cache as it comes. It runs twice for LUA records, as
 * it comes (`yes`) and with one Lua state for all queries of a thread (`shared`).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { luaLines } from '../dynamic.ts';
import { printedVersion, zoneFileWith } from './peer.ts';
import type { Command, Peer, Place, RecordKind } from './peer.ts';

const luaRecords: readonly RecordKind[] = ['ifportup', 'multi', 'weighted', 'geo'];
const requirements = [{ program: 'pdns_server', package: 'pdns-server pdns-backend-bind pdns-backend-geoip' }];
const version = (): string => printedVersion('pdns_server', ['--version']);

/** PowerDNS as it comes. */
export const pdns: Peer = {
  name: 'pdns',
  requirements,
  records: ['static', ...luaRecords],
  version,
  prepare: (place) => prepare(place, 'yes'),
};

/** PowerDNS with `enable-lua-records=shared`. */
export const pdnsShared: Peer = {
  name: 'pdns-shared',
  requirements,
  records: luaRecords,
  version,
  prepare: (place) => prepare(place, 'shared'),
};

function prepare(place: Place, luaMode: string): Command {
  const { directory, zone, port, threads, dynamic } = place;
  const named = join(directory, 'named.conf');
  const file = zoneFileWith(place, dynamic === undefined ? '' : luaLines(dynamic));
  writeFileSync(named, `zone "${zone}" { type master; file "${file}"; };\n`);
  const geo = dynamic?.cases.includes('geo') === true ? dynamic.databaseFile : undefined;
  if (geo !== undefined) writeFileSync(join(directory, 'geo.yaml'), 'domains: []\n');
  writeFileSync(
    join(directory, 'pdns.conf'),
    `launch=bind${geo === undefined ? '' : ',geoip'}
bind-config=${named}
local-address=127.0.0.1
local-port=${port}
receiver-threads=${threads}
distributor-threads=1
reuseport=${threads > 1 ? 'yes' : 'no'}
socket-dir=${directory}
loglevel=0
disable-syslog=yes
write-pid=no
${dynamic === undefined ? '' : `enable-lua-records=${luaMode}\nedns-subnet-processing=yes\n`}${
      geo === undefined ? '' : `geoip-database-files=${geo}\ngeoip-zones-file=${directory}/geo.yaml\n`
    }`,
  );
  return { program: 'pdns_server', args: [`--config-dir=${directory}`, '--daemon=no', '--guardian=no'] };
}
