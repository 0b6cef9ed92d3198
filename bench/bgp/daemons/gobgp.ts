/**
 * GoBGP by gRPC on a Unix socket, on one HTTP/2 connection that stays: AddPath and DeletePath for one route,
 * AddPathStream for many. Its command-line client says the same at the price of a new process.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import type { Channel, Daemon, Place } from './daemon.ts';
import { flipPrefix } from './daemon.ts';
import { any, field, frame, message } from './protobuf.ts';

const socketPath = ({ folder }: Place): string => join(folder, 'api');
const pathsAtOnce = 500;

function config({ peers, port, localAsn, peerAsn, holdTimeSeconds }: Place): string {
  const sessions = peers.map(
    (address) => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = ${peerAsn}
  [neighbors.transport.config]
    remote-port = ${port}
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 64
  [neighbors.timers.config]
    hold-time = ${holdTimeSeconds}
    keepalive-interval = ${holdTimeSeconds / 3}
    connect-retry = 2
    idle-hold-time-after-reset = 1`,
  );
  return `
[global.config]
  as = ${localAsn}
  router-id = "192.0.2.1"
  port = -1
${sessions.join('\n')}
`;
}

/** Path of api/gobgp.proto: IPv4 unicast, ORIGIN IGP, a next hop of this host. */
function path(prefix: string): Uint8Array {
  const [address = '', length = ''] = prefix.split('/');
  const nlri = any('IPAddressPrefix', message(field(1, Number(length)), field(2, address)));
  const origin = any('OriginAttribute', message());
  const nextHop = any('NextHopAttribute', field(1, '127.0.0.1'));
  const family = message(field(1, 1), field(2, 1));
  return message(field(1, nlri), field(2, origin), field(2, nextHop), field(9, family));
}

/** One call: any number of requests, one answer; throws what gRPC says where it failed. */
async function call(session: ClientHttp2Session, method: string, requests: readonly Uint8Array[]): Promise<void> {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/apipb.GobgpApi/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let failure: string | undefined;
  const judge = (headers: Readonly<Record<string, unknown>>): void => {
    const status = headers['grpc-status'];
    if (typeof status === 'string' && status !== '0') failure = `${status} ${JSON.stringify(headers['grpc-message'])}`;
  };
  // A call that fails at once has its status in the headers.
  stream.on('response', judge).on('trailers', judge).resume();
  for (const request of requests) stream.write(frame(request));
  stream.end();
  await once(stream, 'end');
  if (failure !== undefined) throw new Error(`GoBGP refused ${method}: ${failure}`);
}

export const gobgp: Daemon = {
  name: 'GoBGP',
  channel: 'gRPC',
  requirements: [{ program: 'gobgpd', package: 'gobgpd' }],
  version: () => /[\d.]+/.exec(execFileSync('gobgpd', ['--version'], { encoding: 'utf8' }))?.[0] ?? '',
  prepare: (place) => {
    writeFileSync(join(place.folder, 'gobgp.toml'), config(place));
    const args = ['-f', 'gobgp.toml', '--api-hosts', `unix://${socketPath(place)}`, '--log-level', 'warn'];
    return [{ program: 'gobgpd', args: [...args, '--pprof-disable'] }];
  },
  connect: async (place): Promise<Channel> => {
    const socket = connectSocket(socketPath(place));
    await once(socket, 'connect');
    const session = connect('http://localhost', { createConnection: () => socket });
    session.on('error', () => session.destroy());
    await once(session, 'connect');
    const one = field(3, path(flipPrefix));
    const noOne = message(field(3, message(field(1, 1), field(2, 1))), field(4, path(flipPrefix)));
    const batches: Uint8Array[] = [];
    for (let at = 0; at < place.many.length; at += pathsAtOnce) {
      batches.push(message(...place.many.slice(at, at + pathsAtOnce).map((prefix) => field(3, path(prefix)))));
    }
    return {
      flip: (isAnnounced) => call(session, isAnnounced ? 'AddPath' : 'DeletePath', [isAnnounced ? one : noOne]),
      announceMany: () => call(session, 'AddPathStream', batches),
      close: () => session.destroy(),
    };
  },
};
