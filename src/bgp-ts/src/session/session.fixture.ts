/** A session in virtual time for tests: what it asked for as readable lines, and OPENs of a peer. */
import assert from 'node:assert/strict';
import { parseAddress } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import { concatBytes, toHex } from '../wire/bytes.ts';
import type { Capability } from '../wire/capabilities.ts';
import { Framer } from '../wire/framer.ts';
import { decodeMessage, encodeKeepalive } from '../wire/message.ts';
import { encodeOpen } from '../wire/open.ts';
import { Session } from './session.ts';
import type { SessionConfig, SessionEffect, SessionInput, SessionStateName } from './types.ts';

/** An address that is written right. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

/** Our end of every connection. */
export const localAddress = address('192.0.2.1');

/** Settings of a session whose jitter is as good as none. */
export function config(changes: Partial<SessionConfig> = {}): SessionConfig {
  return {
    localAsn: 65001,
    peerAsn: 65000,
    routerId: localAddress,
    holdTimeSeconds: 90,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    connectTimeoutMs: 10_000,
    retryMinMs: 1000,
    retryMaxMs: 30_000,
    sendHoldTimeMs: undefined,
    random: () => 1 - Number.EPSILON,
    ...changes,
  };
}

/** What the peer's OPEN says otherwise than usual. */
export interface PeerOpen {
  readonly version?: number;
  readonly asn?: number;
  readonly holdTimeSeconds?: number;
  readonly identifier?: string;
  readonly capabilities?: readonly Capability[];
}

/** The capability of IPv4 unicast. */
export const ipv4: Capability = { kind: 'multiprotocol', afi: 1, safi: 1 };

/** A whole OPEN of the peer, AS 65000. */
export function open(changes: PeerOpen = {}): Uint8Array {
  const { asn = 65000, holdTimeSeconds = 90, identifier = '192.0.2.254' } = changes;
  const capabilities = changes.capabilities ?? [ipv4, { kind: 'fourOctetAs', asn }];
  const bytes = encodeOpen({
    kind: 'open',
    myAs: Math.min(asn, 0xffff),
    holdTimeSeconds,
    identifier: address(identifier),
    capabilities,
  });
  bytes[19] = changes.version ?? 4;
  return bytes;
}

/** A session in virtual time, with what it asked for as readable lines. */
export class Bench {
  readonly session: Session;
  nowMs = 0;

  constructor(changes: Partial<SessionConfig> = {}) {
    this.session = new Session(config(changes));
  }

  step(input: SessionInput): readonly string[] {
    return this.session.step(input, this.nowMs).map(describe);
  }

  /** Lets time run to the next deadline. */
  wait(): readonly string[] {
    const deadlineMs = this.session.nextDeadlineMs();
    assert.ok(deadlineMs !== undefined, 'there is a deadline');
    this.nowMs = deadlineMs;
    return this.step({ kind: 'timer' });
  }

  get connection(): number {
    const { state } = this.session;
    return 'connection' in state ? state.connection : 0;
  }

  receive(...messages: readonly Uint8Array[]): readonly string[] {
    return this.step({ kind: 'received', connection: this.connection, bytes: concatBytes(messages) });
  }

  reach(state: SessionStateName): this {
    this.step({ kind: 'start' });
    if (state === 'connect') return this;
    this.step({ kind: 'connected', connection: this.connection, localAddress });
    if (state === 'openSent') return this;
    this.receive(open());
    if (state === 'openConfirm') return this;
    this.receive(encodeKeepalive());
    this.step({ kind: 'written', connection: this.connection, pendingBytes: 0 });
    assert.equal(this.session.state.kind, state);
    return this;
  }
}

function describe(effect: SessionEffect): string {
  switch (effect.kind) {
    case 'connect':
      return `connect ${effect.connection}`;
    case 'close':
      return `close ${effect.connection}${effect.afterFlush ? ' after flush' : ''}`;
    case 'send':
      return `send ${new Framer().push(effect.bytes).map(describeFrame).join(', ')}`;
    case 'event':
      return describeEvent(effect.event);
  }
}

function describeFrame(event: ReturnType<Framer['push']>[number]): string {
  if (event.kind === 'fault') return `fault ${event.fault.reason}`;
  const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: true });
  if (!decoded.ok) return `fault ${decoded.fault.reason}`;
  const message = decoded.value;
  if (message.kind !== 'notification') return message.kind;
  return `notification ${message.code}/${message.subcode} ${toHex(message.data)}`.trim();
}

function describeEvent(event: Extract<SessionEffect, { readonly kind: 'event' }>['event']): string {
  switch (event.kind) {
    case 'stateChanged':
      return `${event.from} -> ${event.to}: ${event.reason}`;
    case 'notification':
      return `${event.direction} ${event.code}/${event.subcode}`;
    case 'established':
      return `up: hold ${event.negotiated.holdTimeMs}, ${event.negotiated.families.join(' ')}`;
    case 'refreshRequested':
      return `refresh ${event.family}`;
    case 'refreshMarked':
      return `refresh ${event.mark} ${event.family}`;
    case 'updateReceived':
      return `update ${event.update.severity}`;
  }
}
