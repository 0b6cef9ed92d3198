/**
 * Has the way of a change to its UPDATE compiled before the first real one: V8 optimizes what ran often, and in operation
 * a route may change once in a month. Runs a speaker of its own against a peer that is not there, in slices between which
 * the thread's real work goes on. Sends nothing and opens nothing.
 */
import { Socket } from 'node:net';
import { refuse, succeed } from '../result.ts';
import { NodeConnection } from '../socket/connection.ts';
import type { ConnectionEvents, Transport } from '../socket/transport.ts';
import type { Address } from '../wire/address.ts';
import { parseAddress } from '../wire/address.ts';
import { concatBytes } from '../wire/bytes.ts';
import { familyCode } from '../wire/family.ts';
import { encodeKeepalive } from '../wire/message.ts';
import { encodeOpen } from '../wire/open.ts';
import { Speaker } from './speaker.ts';
import type { SpeakerEvent } from './types.ts';

/** When a rehearsal ends, whichever comes first. */
export interface RehearsalLimits {
  /** How often a prefix is announced and withdrawn. */
  readonly rounds: number;
  /** The time of this thread that it may take. */
  readonly budgetMs: number;
}

const defaultLimits: RehearsalLimits = { rounds: 3000, budgetMs: 300 };
/** How much of the time is taken at once. */
const sliceMs = 2;

const peerAsn = 64_512;
const localAsn = 64_513;
const peerAddresses = ['192.0.2.1', '192.0.2.2'];
const localAddress = '192.0.2.3';

/** Announces or withdraws something at the speaker that it is given. */
export type Change = (speaker: Speaker, isAnnounced: boolean) => void;

/** A speaker and what its peers do now and then. */
interface Rehearsal {
  readonly speaker: Speaker;
  readonly keepAlive: () => void;
  readonly end: () => Promise<void>;
}

interface Dialed {
  readonly socket: Socket;
  readonly events: ConnectionEvents;
}

/**
 * Makes a change and takes it back again and again, for a third of a second of this thread's time at most unless told otherwise. Code that has
 * seen one object of a kind alone is compiled for that one object; hence two speakers with two peers each.
 */
export async function warmUp(change: Change, { rounds, budgetMs } = defaultLimits): Promise<void> {
  const rehearsals = [rehearse(() => undefined), rehearse((event) => event.kind)];
  let usedMs = 0;
  let round = 0;
  while (round < rounds && usedMs < budgetMs) {
    await nextTurn();
    const startedMs = performance.now();
    for (const { keepAlive } of rehearsals) keepAlive();
    while (round < rounds && performance.now() < startedMs + sliceMs) {
      for (const { speaker } of rehearsals) {
        speaker.together(() => change(speaker, true));
        speaker.together(() => change(speaker, false));
      }
      round++;
    }
    usedMs += performance.now() - startedMs;
  }
  await Promise.all(rehearsals.map(({ end }) => end()));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function rehearse(onEvent: (event: SpeakerEvent) => unknown): Rehearsal {
  const dialed: Dialed[] = [];
  const speaker = new Speaker({ onEvent, transport: nobody(dialed) });
  for (const address of peerAddresses) {
    speaker.addPeer({ address, peerAsn, localAsn, routerId: localAddress, families: ['ipv4-unicast'] });
  }
  speaker.declareComplete();
  const keepAlive = (): void => {
    for (const { events } of dialed) events.received(encodeKeepalive());
  };
  const end = (): Promise<void> => {
    const stopped = speaker.stop({ mode: 'silent' });
    for (const { socket } of dialed) socket.destroy();
    return stopped;
  };
  return { speaker, keepAlive, end };
}

/** Dials peers that agree to everything, on sockets that take all bytes and keep none. */
function nobody(dialed: Dialed[]): Transport {
  return {
    dial: ({ address }, events) => {
      const socket = new Socket();
      socket._write = (_bytes, _encoding, done): void => done();
      setImmediate(() => {
        events.connected(parseAddress(localAddress) ?? address);
        events.received(hello(address));
        dialed.push({ socket, events });
      });
      return succeed(new NodeConnection(socket, events));
    },
    listen: () => Promise.resolve(refuse('nobody listens here')),
  };
}

function hello(identifier: Address): Uint8Array {
  const capabilities = [
    { kind: 'multiprotocol', ...familyCode('ipv4-unicast') },
    { kind: 'routeRefresh' },
    { kind: 'fourOctetAs', asn: peerAsn },
  ] as const;
  return concatBytes([
    encodeOpen({ kind: 'open', myAs: peerAsn, holdTimeSeconds: 90, identifier, capabilities }),
    encodeKeepalive(),
  ]);
}
