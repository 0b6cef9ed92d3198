/**
 * Damaged BGP messages at a live speaker over TCP: it must survive each, answer only with codes that there are, dial again,
 * and a second session beside must not notice. The codec alone is fuzzed by bgp-fuzz.ts.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { encodeFrame, encodeKeepalive, encodeOpen, notificationName, parseAddress, Speaker } from 'bgp-ts';
import type { SpeakerEvent } from 'bgp-ts';
import { damagePacket, packetBytes } from './fuzz-packets.ts';

/** What came of it. */
export interface LiveFuzzOutcome {
  readonly connections: number;
  /** NOTIFICATIONs that the speaker sent, by code and subcode. */
  readonly answers: ReadonlyMap<string, number>;
  /** Each a sentence. */
  readonly faults: readonly string[];
}

const identifier = parseAddress('192.0.2.254');
if (identifier === undefined) throw new Error('bug: the identifier is not an address');
const open = encodeOpen({
  kind: 'open',
  myAs: 65000,
  holdTimeSeconds: 90,
  identifier,
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    { kind: 'fourOctetAs', asn: 65000 },
    { kind: 'enhancedRouteRefresh' },
  ],
});
const update = encodeFrame(2, Buffer.from('000000144001010040020602010000fde8400304c000020118c63364', 'hex'));
const seeds = [open, encodeKeepalive(), update, encodeFrame(5, Uint8Array.of(0, 1, 0, 1))];

/** Lets the speaker dial `count` times a peer that talks nonsense; equal seeds send equal bytes. */
export async function fuzzLive({
  count,
  seed,
}: {
  readonly count: number;
  readonly seed: number;
}): Promise<LiveFuzzOutcome> {
  const prng = createPrng(seed);
  const answers = new Map<string, number>();
  const faults: string[] = [];
  let connections = 0;
  const { promise: isDone, resolve: finish } = Promise.withResolvers<undefined>();
  const onEvent = (event: SpeakerEvent): void => {
    if (event.kind === 'notification' && event.direction === 'sent' && event.peer === 'nonsense') {
      const name = `${event.code}/${event.subcode}`;
      answers.set(name, (answers.get(name) ?? 0) + 1);
      if (/subcode|error \d/.test(notificationName(event.code, event.subcode))) faults.push(`answered ${name}`);
    }
    const isLost = event.kind === 'sessionState' && event.peer === 'steady' && event.previous === 'established';
    if (isLost && event.state !== 'stopped') faults.push(event.text);
    if (event.kind === 'error' || event.kind === 'ended') faults.push(event.text);
  };
  await using steady = await listen((socket) => socket.write(Buffer.concat([open, encodeKeepalive()])));
  await using nonsense = await listen((socket) => {
    connections++;
    if (connections > count) finish(undefined);
    talkNonsense(socket, prng);
  });
  const speaker = new Speaker({ onEvent });
  const common = {
    address: '127.0.0.1',
    peerAsn: 65000,
    localAsn: 65001,
    routerId: '192.0.2.1',
    retryMinMs: 1,
    retryMaxMs: 2,
  };
  for (const [name, { port }] of Object.entries({ steady, nonsense })) speaker.addPeer({ ...common, name, port });
  await isDone;
  const { peers } = await speaker.snapshot();
  if (peers.find(({ name }) => name === 'steady')?.state !== 'established') faults.push('the other session is not up');
  await speaker.stop({ mode: 'silent' });
  return { connections: count, answers, faults };
}

/** Some of the right messages, a damaged one, and the end. */
function talkNonsense(socket: Socket, prng: Prng): void {
  const packet = new Uint8Array(packetBytes);
  const length = damagePacket(packet, seeds, prng);
  const before = [open, encodeKeepalive()].slice(0, prng.below(3));
  socket.end(Buffer.concat([...before, packet.subarray(0, length)]));
}

interface Server extends AsyncDisposable {
  readonly port: number;
}

async function listen(serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // A reset by the speaker is its right.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the peer does not listen');
  return {
    port: address.port,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
