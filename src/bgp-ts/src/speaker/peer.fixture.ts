/** A peer's engine with a router at the other end that says what a test has it say. Time stands still unless told. */
import type { Capability } from '../wire/capabilities.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { Framer } from '../wire/framer.ts';
import type { Message } from '../wire/message.ts';
import { decodeMessage, encodeKeepalive } from '../wire/message.ts';
import { encodeOpen } from '../wire/open.ts';
import { encodeUpdate } from '../wire/update-encode.ts';
import { address, prefix, route } from '../rib/rib.fixture.ts';
import type { RouteAttributes } from '../rib/route.ts';
import { checkPeerOptions } from './options.ts';
import type { PeerInput } from './peer.ts';
import { Peer } from './peer.ts';
import type { PeerOptions, SpeakerEvent } from './types.ts';

const both: readonly Capability[] = [
  { kind: 'multiprotocol', afi: 1, safi: 1 },
  { kind: 'multiprotocol', afi: 2, safi: 1 },
  { kind: 'routeRefresh' },
  { kind: 'fourOctetAs', asn: 65000 },
];

/** The bench of one peer: AS 65001 at 192.0.2.7 dials AS 65000 at 192.0.2.1. */
export class PeerBench {
  readonly peer: Peer;
  readonly events: SpeakerEvent[] = [];
  /** What the router received, whole messages in order. */
  readonly messages: Message[] = [];
  nowMs = 0;
  /** Whether the system takes bytes at once. */
  isReading = true;
  #framer = new Framer();
  #connection = 0;
  #unread = 0;

  constructor(options: Partial<PeerOptions> = {}) {
    const config = checkPeerOptions({
      name: 'router',
      address: '192.0.2.1',
      peerAsn: 65000,
      localAsn: 65001,
      routerId: '192.0.2.10',
      ...options,
    });
    if (!config.ok) throw new Error(config.fault);
    this.peer = new Peer(config.value, () => 0.5);
  }

  /** Gives the engine an input and carries its effects out. */
  take(input: PeerInput): void {
    for (const effect of this.peer.step(input, this.nowMs)) {
      if (effect.kind === 'connect') this.#connection = effect.connection;
      if (effect.kind === 'event') this.events.push(effect.event);
      if (effect.kind === 'send') this.#send(effect.bytes);
    }
    while (this.isReading && this.#unread > 0) this.read();
  }

  /** The system takes all that waits. */
  read(): void {
    this.#unread = 0;
    this.take({ kind: 'written', connection: this.#connection, pendingBytes: 0 });
  }

  /** Waits out the retry, connects, and exchanges OPENs; `more` stands beside the usual capabilities, `after` behind. */
  establish(more: readonly Capability[] = [], after = new Uint8Array(0)): void {
    this.#framer = new Framer();
    if (this.peer.view().state === 'stopped') this.take({ kind: 'start' });
    else this.wait();
    this.take({ kind: 'connected', connection: this.#connection, localAddress: address('192.0.2.7') });
    const open = encodeOpen({
      kind: 'open',
      myAs: 65000,
      holdTimeSeconds: 90,
      identifier: address('192.0.2.1'),
      capabilities: [...both, ...more],
    });
    this.receive(open, encodeKeepalive(), after);
  }

  /** The router says these messages in one piece. */
  receive(...messages: readonly Uint8Array[]): void {
    this.take({ kind: 'received', connection: this.#connection, bytes: Buffer.concat(messages) });
  }

  /** The connection is lost. */
  disconnect(): void {
    this.take({ kind: 'disconnected', connection: this.#connection, reason: 'the line is cut' });
  }

  /** Lets time pass until the engine wants its timer. */
  wait(): void {
    this.nowMs = this.peer.nextDeadlineMs() ?? this.nowMs;
    this.take({ kind: 'timer' });
  }

  /** Desires a route, or nothing. */
  desire(text: string, attributes: Partial<RouteAttributes> | null, reason = 'healthy'): void {
    const wanted = attributes === null ? null : route(text, attributes);
    this.take({ kind: 'setDesired', changes: [{ prefix: prefix(text), route: wanted, reason }] });
  }

  /** Texts of the events of a kind. */
  texts(kind: SpeakerEvent['kind']): readonly string[] {
    return this.events.flatMap((event) => (event.kind === kind ? [event.text] : []));
  }

  #send(bytes: Uint8Array): void {
    this.#unread += bytes.length;
    for (const event of this.#framer.push(bytes)) {
      if (event.kind !== 'frame') throw new Error(event.fault.reason);
      const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: true });
      if (!decoded.ok) throw new Error(decoded.fault.reason);
      this.messages.push(decoded.value);
    }
  }
}

/** An UPDATE of the router. */
export function routerUpdate(said: {
  readonly announced?: readonly string[];
  readonly withdrawn?: readonly string[];
  readonly attributes?: readonly PathAttribute[];
}): Uint8Array {
  const { announced = [], withdrawn = [], attributes = [] } = said;
  const mandatory: readonly PathAttribute[] = [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [{ kind: 'sequence', asns: [65000] }] },
    { kind: 'nextHop', nextHop: address('192.0.2.1') },
  ];
  const update = {
    kind: 'update',
    withdrawn: withdrawn.map(prefix),
    attributes: announced.length === 0 ? [] : [...mandatory, ...attributes],
    announced: announced.map(prefix),
  } as const;
  return encodeUpdate(update, true);
}
