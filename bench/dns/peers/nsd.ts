/** NSD: minimal responses are asked for, and its rate limiting, which is on by default, is turned off. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const nsd: Peer = {
  name: 'nsd',
  requirements: [{ program: 'nsd', package: 'nsd' }],
  records: ['static'],
  version: () => printedVersion('nsd', ['-v']),
  prepare({ directory, zone, zoneFile, port, threads }) {
    const file = join(directory, 'nsd.conf');
    writeFileSync(
      file,
      `server:
    ip-address: 127.0.0.1@${port}
    server-count: ${threads}
    reuseport: ${threads > 1 ? 'yes' : 'no'}
    username: ""
    zonesdir: "${directory}"
    database: ""
    pidfile: ""
    xfrdfile: "${directory}/xfrd.state"
    zonelistfile: "${directory}/zone.list"
    xfrdir: "${directory}"
    verbosity: 0
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: ${zone}
    zonefile: "${zoneFile}"
`,
    );
    return { program: 'nsd', args: ['-d', '-c', file] };
  },
};
