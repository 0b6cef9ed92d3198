/** gdnsd: answers are always minimal, there is no rate limiting and no log of queries. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printedVersion } from './peer.ts';
import type { Peer } from './peer.ts';

export const gdnsd: Peer = {
  name: 'gdnsd',
  requirements: [{ program: 'gdnsd', package: 'gdnsd' }],
  version: () => printedVersion('gdnsd', []),
  prepare({ directory, zone, zoneFile, port, threads }) {
    mkdirSync(join(directory, 'zones'));
    copyFileSync(zoneFile, join(directory, 'zones', zone));
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
`,
    );
    return { program: 'gdnsd', args: ['-c', directory, 'start'] };
  },
};
