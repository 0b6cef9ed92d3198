/**
 * FRR's bgpd alone, without zebra, by the socket that vtysh uses: commands end with a zero octet, answers with three of
 * them and a code. The terminal stays in the address family, so that a route is one line.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, Daemon, Place } from './daemon.ts';
import { flipPrefix } from './daemon.ts';
import { LineSocket } from './line-socket.ts';

const program = '/usr/lib/frr/bgpd';

/** Three zero octets and the code: 0 is success. */
function answerEnd(bytes: Buffer): number {
  const zeros = bytes.indexOf('\0\0\0');
  return zeros < 0 || bytes.length < zeros + 4 ? 0 : zeros + 4;
}

function config({ peers, port, localAsn, peerAsn, holdTimeSeconds }: Place): string {
  const sessions = peers.map(
    (address) => ` neighbor ${address} remote-as ${peerAsn}
 neighbor ${address} port ${port}
 neighbor ${address} disable-connected-check
 neighbor ${address} ebgp-multihop 64
 neighbor ${address} timers ${holdTimeSeconds / 3} ${holdTimeSeconds}
 neighbor ${address} timers connect 2
 neighbor ${address} advertisement-interval 0
`,
  );
  return `router bgp ${localAsn}
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 coalesce-time 0
${sessions.join('')}`;
}

export const frr: Daemon = {
  name: 'FRR',
  channel: 'vty socket',
  requirements: [{ program, package: 'frr' }],
  version: () => /version ([\d.]+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? '',
  prepare: ({ folder, ...place }) => {
    writeFileSync(join(folder, 'bgpd.conf'), config({ folder, ...place }));
    const names = ['-f', 'bgpd.conf', '-i', join(folder, 'pid'), '--vty_socket', folder, '-z', join(folder, 'zebra')];
    // No zebra, no kernel routes, no listening port, no terminal over TCP, and whoever runs the benchmark as its user.
    return [{ program, args: [...names, '-Z', '-n', '-p', '0', '-P', '0', '-S', '--log', 'stdout'] }];
  },
  connect: async (place): Promise<Channel> => {
    const socket = await LineSocket.connect(join(place.folder, 'bgpd.vty'), answerEnd);
    const check = (answer: string, line: string): void => {
      if (answer.charCodeAt(answer.length - 1) !== 0) throw new Error(`FRR answered "${line}" with: ${answer}`);
    };
    const say = async (line: string): Promise<void> => {
      check(await socket.ask(`${line}\0`), line);
    };
    const terminal = ['enable', 'configure terminal', `router bgp ${place.localAsn}`, 'address-family ipv4 unicast'];
    for (const line of terminal) await say(line);
    return {
      flip: (isAnnounced) => say(`${isAnnounced ? '' : 'no '}network ${flipPrefix}`),
      announceMany: async () => {
        // It reads one command at a time and drops what stands behind it in the same piece.
        for (const prefix of place.many) await say(`network ${prefix}`);
      },
      close: () => socket.close(),
    };
  },
};
