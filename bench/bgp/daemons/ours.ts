/** bgp-ts as a program of its own: a speaker in its worker behind a control socket. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Channel, Daemon, Place } from './daemon.ts';
import { flipPrefix } from './daemon.ts';
import { expectAnswer, LineSocket } from './line-socket.ts';

const program = fileURLToPath(new URL('../../../src/bgp-ts/src/control/main.ts', import.meta.url));

const socketPath = ({ folder }: Place): string => join(folder, 'control');

export const ours: Daemon = {
  name: 'bgp-ts',
  channel: 'control socket',
  requirements: [],
  version: () => `on Node ${process.version}`,
  prepare: (place) => {
    const { peers, port, peerAsn, localAsn, holdTimeSeconds, folder } = place;
    const lines = peers.map(
      (address) =>
        `peer ${address} as ${peerAsn} local-as ${localAsn} router-id 192.0.2.1 port ${port} ` +
        `hold-time ${holdTimeSeconds} family ipv4-unicast\n`,
    );
    writeFileSync(join(folder, 'lines'), lines.join(''));
    return [{ program: process.execPath, args: [program, socketPath(place), join(folder, 'lines')] }];
  },
  connect: async (place): Promise<Channel> => {
    const socket = await LineSocket.connect(socketPath(place), (bytes) => bytes.indexOf('\n') + 1);
    const announce = (prefix: string): string => `announce ${prefix} next-hop self\n`;
    return {
      flip: async (isAnnounced) => {
        const line = isAnnounced ? announce(flipPrefix) : `withdraw ${flipPrefix}\n`;
        expectAnswer(await socket.ask(line), /^ok$/m, line);
      },
      announceMany: async () => {
        for (const answer of await socket.askAll(place.many.map(announce))) expectAnswer(answer, /^ok$/m, 'announce');
      },
      close: () => socket.close(),
    };
  },
};
