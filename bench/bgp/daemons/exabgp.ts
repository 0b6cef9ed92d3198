/**
 * ExaBGP 4 by its API: lines on the standard output of a process that it runs, here `cat` of a named pipe, the shortest
 * way from a line written by another program. Acknowledgements are off, since nobody reads them.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, Daemon, Place } from './daemon.ts';
import { flipPrefix } from './daemon.ts';

const pipePath = ({ folder }: Place): string => join(folder, 'lines');

function config(place: Place): string {
  const { peers, port, localAsn, peerAsn, holdTimeSeconds } = place;
  const sessions = peers.map(
    (address) => `
neighbor ${address} {
  router-id 192.0.2.1;
  local-address 127.0.0.1;
  local-as ${localAsn};
  peer-as ${peerAsn};
  connect ${port};
  hold-time ${holdTimeSeconds};
  family { ipv4 unicast; }
  api { processes [ lines ]; }
}`,
  );
  return `
process lines {
  run /bin/cat ${pipePath(place)};
  encoder text;
}
${sessions.join('')}
`;
}

/** Each variable is called exabgp.SECTION.NAME. */
const env = {
  'exabgp.api.ack': 'false',
  'exabgp.api.cli': 'false',
  'exabgp.daemon.user': 'root',
  'exabgp.daemon.drop': 'false',
  'exabgp.log.level': 'WARNING',
  'exabgp.log.destination': 'stderr',
};

export const exabgp: Daemon = {
  name: 'ExaBGP',
  channel: 'API pipe',
  requirements: [{ program: 'exabgp', package: 'exabgp' }],
  version: () => /ExaBGP : ([\d.]+)/.exec(execFileSync('exabgp', ['--version'], { encoding: 'utf8' }))?.[1] ?? '',
  prepare: (place) => {
    execFileSync('mkfifo', [pipePath(place)]);
    writeFileSync(join(place.folder, 'exabgp.conf'), config(place));
    return [{ program: 'exabgp', args: ['exabgp.conf'], env }];
  },
  connect: (place): Promise<Channel> => {
    // Opened for both, so that it neither waits for a reader nor loses one.
    const pipe = openSync(pipePath(place), constants.O_RDWR);
    const announce = (prefix: string): string => `announce route ${prefix} next-hop self\n`;
    return Promise.resolve({
      flip: (isAnnounced) => {
        writeSync(pipe, isAnnounced ? announce(flipPrefix) : `withdraw route ${flipPrefix} next-hop self\n`);
        return Promise.resolve();
      },
      announceMany: async () => {
        for (let at = 0; at < place.many.length; at += 1000) {
          writeSync(
            pipe,
            place.many
              .slice(at, at + 1000)
              .map(announce)
              .join(''),
          );
          // The receiver shares this thread.
          await new Promise(setImmediate);
        }
      },
      close: () => closeSync(pipe),
    });
  },
};
