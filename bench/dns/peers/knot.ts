/** Knot DNS: answers are minimal and unlimited by default. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const knot: Peer = {
  name: 'knot',
  requirements: [{ program: 'knotd', package: 'knot' }],
  version: () => printedVersion('knotd', ['-V']),
  prepare({ directory, zone, zoneFile, port, threads }) {
    mkdirSync(join(directory, 'db'));
    const file = join(directory, 'knot.conf');
    writeFileSync(
      file,
      `server:
    rundir: "${directory}"
    listen: 127.0.0.1@${port}
    udp-workers: ${threads}
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: error
database:
    storage: "${directory}/db"
zone:
  - domain: ${zone}
    file: "${zoneFile}"
    storage: "${directory}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
`,
    );
    return { program: 'knotd', args: ['-c', file] };
  },
};
