/** PowerDNS with its BIND backend: the zone in memory, its packet cache as it comes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const pdns: Peer = {
  name: 'pdns',
  requirements: [{ program: 'pdns_server', package: 'pdns-server pdns-backend-bind' }],
  version: () => printedVersion('pdns_server', ['--version']),
  prepare({ directory, zone, zoneFile, port, threads }) {
    const named = join(directory, 'named.conf');
    writeFileSync(named, `zone "${zone}" { type master; file "${zoneFile}"; };\n`);
    writeFileSync(
      join(directory, 'pdns.conf'),
      `launch=bind
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
`,
    );
    return { program: 'pdns_server', args: [`--config-dir=${directory}`, '--daemon=no', '--guardian=no'] };
  },
};
