/**
 * BIRD 2 by its control socket. It takes no routes there, so they stand in its configuration as static protocols that
 * are disabled; `enable NAME` announces one protocol's routes, whether one or ten thousand, with one line.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, Daemon, Place } from './daemon.ts';
import { flipPrefix } from './daemon.ts';
import { expectAnswer, LineSocket } from './line-socket.ts';

const socketPath = ({ folder }: Place): string => join(folder, 'control');

/** An answer ends with a line whose four digits are followed by a space. */
function answerEnd(bytes: Buffer): number {
  const match = /^\d{4} .*\n/m.exec(bytes.toString('latin1'));
  return match === null ? 0 : match.index + match[0].length;
}

function config({ peers, port, localAsn, peerAsn, holdTimeSeconds, many }: Place, listenPort: number): string {
  const routes = (prefixes: readonly string[]): string =>
    prefixes.map((prefix) => `  route ${prefix} blackhole;`).join('\n');
  const sessions = peers.map(
    (address, index) => `
protocol bgp p${index} from session {
  neighbor ${address} port ${port} as ${peerAsn};
}`,
  );
  return `
router id 192.0.2.1;
log stderr { warning, error, fatal, bug };
protocol device {}
protocol static flip { disabled; ipv4;
${routes([flipPrefix])}
}
protocol static many { disabled; ipv4;
${routes(many)}
}
template bgp session {
  local 127.0.0.1 port ${listenPort} as ${localAsn};
  multihop;
  hold time ${holdTimeSeconds};
  keepalive time ${holdTimeSeconds / 3};
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 2;
  ipv4 { import none; export all; };
}
${sessions.join('')}
`;
}

export const bird: Daemon = {
  name: 'BIRD',
  channel: 'control socket',
  requirements: [{ program: 'bird', package: 'bird2' }],
  version: () => /[\d.]+/.exec(execFileSync('sh', ['-c', 'bird --version 2>&1'], { encoding: 'utf8' }))?.[0] ?? '',
  prepare: (place) => {
    // It listens even where it only dials, on a port that the receiver's neighbour in number has free.
    writeFileSync(join(place.folder, 'bird.conf'), config(place, 1024 + ((place.port + 7) % 30_000)));
    return [{ program: 'bird', args: ['-f', '-c', 'bird.conf', '-s', socketPath(place), '-P', 'pid'] }];
  },
  connect: async (place): Promise<Channel> => {
    const socket = await LineSocket.connect(socketPath(place), answerEnd);
    expectAnswer(await socket.awaitAnswer(), /^0001 BIRD/, 'hello');
    const say = async (line: string): Promise<void> => expectAnswer(await socket.ask(line), /: (en|dis)abled/, line);
    return {
      flip: (isAnnounced) => say(`${isAnnounced ? 'enable' : 'disable'} flip\n`),
      announceMany: () => say('enable many\n'),
      close: () => socket.close(),
    };
  },
};
