/**
 * The engine of one peer: its session, what it shall hear (outbox.ts) and what it says (inbox.ts), without I/O. An adapter
 * (peer-runner.ts) gives it sockets and a timer.
 */
import type { SentRoute, WithdrawnPrefix } from '../rib/adj-rib-out.ts';
import type { RibUpdate } from '../rib/batch.ts';
import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import type { ExportContext } from '../rib/export.ts';
import type { PlannedChange } from '../rib/plan.ts';
import type { Route } from '../rib/route.ts';
import { assertNever } from '../result.ts';
import { Session } from '../session/session.ts';
import type { ConnectionId, Negotiated, SessionEffect, SessionEvent, SessionInput } from '../session/types.ts';
import type { Address, Prefix } from '../wire/address.ts';
import { familyOf, parseAddress } from '../wire/address.ts';
import { concatBytes } from '../wire/bytes.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import { describeNotification, describeRefused, describeState } from './describe.ts';
import { Inbox } from './inbox.ts';
import type { PeerConfig } from './options.ts';
import type { OutboxItem, OutboxView } from './outbox.ts';
import { Outbox } from './outbox.ts';
import type { StatisticsView } from './statistics.ts';
import { PeerStatistics } from './statistics.ts';
import type { SpeakerEvent } from './types.ts';

/** A change of what is desired. */
export interface RouteChange {
  readonly prefix: Prefix;
  /** null: nothing shall be announced. */
  readonly route: Route | null;
  readonly reason: string;
}

/** A change of what this peer alone shall hear. */
export interface OwnRouteChange {
  readonly prefix: Prefix;
  /** It stands in place of the common route; null: nothing; undefined: the common route counts again. */
  readonly route: Route | null | undefined;
  readonly reason: string;
}

/** What a peer is told. */
export type PeerInput =
  | SessionInput
  | {
      readonly kind: 'setDesired';
      readonly changes: readonly RouteChange[];
      readonly own?: readonly OwnRouteChange[];
    }
  /** All that is desired has been said (R24). */
  | { readonly kind: 'declareComplete' };

/** What a peer asks its adapter to do. */
export type PeerEffect =
  | Exclude<SessionEffect, { readonly kind: 'event' }>
  | { readonly kind: 'event'; readonly event: SpeakerEvent }
  /** UPDATEs that a `send` before this carries: to be told, in words that are made when the bytes are on their way. */
  | { readonly kind: 'updatesSent'; readonly updates: readonly RibUpdate[] };

interface Link {
  readonly negotiated: Negotiated;
  readonly localAddress: Address;
}

/** The engine of one peer. */
export class Peer {
  readonly config: PeerConfig;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #statistics = new PeerStatistics();
  #isComplete = false;
  #link: Link | undefined;
  /** The connection that UPDATEs go out on; undefined until the first one. */
  #outConnection: ConnectionId | undefined;
  #stateReason = 'not started';
  #stateSinceMs = 0;

  constructor(config: PeerConfig, random: () => number) {
    this.config = config;
    const { gracefulRestart } = config.policy;
    const restart =
      gracefulRestart === undefined ? undefined : { ...gracefulRestart, isRestarting: () => !this.#isComplete };
    this.#session = new Session({ ...config.session, gracefulRestart: restart, random });
    this.#outbox = new Outbox({ holdsEndOfRib: gracefulRestart !== undefined });
    this.#inbox = new Inbox(config.name, config.policy.import);
  }

  /** Takes one input; effects are to be carried out in order. */
  step(input: PeerInput, nowMs: number): readonly PeerEffect[] {
    switch (input.kind) {
      case 'setDesired': {
        const { rib } = this.#outbox;
        for (const { prefix, route, reason } of input.changes) rib.setDesired(prefix, route, reason);
        if (input.own !== undefined) {
          for (const { prefix, route, reason } of input.own) rib.setDesiredFor(prefix, route, reason);
        }
        return this.#pump(nowMs);
      }
      case 'declareComplete':
        this.#isComplete = true;
        this.#outbox.declareComplete();
        return this.#pump(nowMs);
      case 'received':
        this.#statistics.countReceived(input.connection, input.bytes);
        break;
      case 'disconnected':
        this.#statistics.forget(input.connection);
        break;
      case 'written': {
        const effects = this.#passOn(this.#session.step(input, nowMs), nowMs);
        const resumed = this.#onWritten(input.connection, input.pendingBytes, nowMs);
        return resumed.length === 0 ? effects : [...effects, ...resumed];
      }
      default:
    }
    const effects = this.#passOn(this.#session.step(input, nowMs), nowMs);
    return [...effects, ...this.#inbox.takeEvents().map(report)];
  }

  /** When the peer next wants a `timer` input. */
  nextDeadlineMs(): number | undefined {
    return this.#session.nextDeadlineMs();
  }

  /** State, counters, what was announced and taken in, for snapshots. */
  view(): PeerView {
    return {
      state: this.#session.state.kind,
      reason: this.#stateReason,
      sinceMs: this.#stateSinceMs,
      link: this.#link,
      sent: [...this.#outbox.rib.sent()],
      withdrawn: [...this.#outbox.rib.withdrawn()],
      plan: this.#outbox.rib.plan(this.#exportContext()),
      received: this.#inbox.rib,
      outbox: this.#outbox.view(),
      statistics: this.#statistics.view(),
    };
  }

  #passOn(effects: readonly SessionEffect[], nowMs: number): readonly PeerEffect[] {
    const passed: PeerEffect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'event') {
        for (const followed of this.#onEvent(effect.event, nowMs)) passed.push(followed);
        continue;
      }
      if (effect.kind === 'send') this.#statistics.countSent(effect.bytes);
      passed.push(effect);
    }
    return passed;
  }

  #onEvent(event: SessionEvent, nowMs: number): readonly PeerEffect[] {
    const { name } = this.config;
    switch (event.kind) {
      case 'stateChanged': {
        this.#stateReason = event.reason;
        this.#stateSinceMs = nowMs;
        this.#statistics.countState(event);
        const lost = event.from === 'established' ? this.#endSession(event.reason) : [];
        return [report(describeState(name, event)), ...lost];
      }
      case 'notification': {
        const described = describeNotification(name, event);
        this.#statistics.noteNotification(event, { text: described.text, atMs: nowMs });
        return [report(described)];
      }
      case 'established':
        return this.#startSession(event, nowMs);
      case 'refreshRequested':
        this.#outbox.requestRefresh(event.family);
        return this.#pump(nowMs);
      case 'refreshMarked':
        this.#inbox.markRefresh(event.family, event.mark);
        return [];
      case 'updateReceived':
        return this.#takeIn(event.update, nowMs);
      default:
        return assertNever(event);
    }
  }

  #startSession({ negotiated, localAddress }: Link, nowMs: number): readonly PeerEffect[] {
    this.#link = { negotiated, localAddress };
    const { routerId, role } = this.config.session;
    const { enhancedRouteRefresh } = negotiated;
    this.#inbox.open({ ...negotiated, routerId, localAddress, localRole: role?.local });
    this.#outbox.open({ context: this.#exportContext(), enhancedRouteRefresh });
    return this.#pump(nowMs);
  }

  #endSession(reason: string): readonly PeerEffect[] {
    this.#link = undefined;
    this.#outConnection = undefined;
    this.#outbox.close();
    return this.#inbox.close(reason).map(report);
  }

  /** What was negotiated; without a session, as if the peer agreed to all that is offered. */
  #exportContext(): ExportContext {
    const { session, policy, address, localAddress } = this.config;
    const extra = { exportPrefixes: policy.exportPrefixes, localRole: session.role?.local };
    if (this.#link !== undefined) {
      return { ...this.#link.negotiated, localAddress: this.#link.localAddress, ...extra };
    }
    const { localAsn, families, extendedNextHop = false } = session;
    return {
      localAsn,
      isExternal: localAsn !== session.peerAsn,
      fourOctetAs: true,
      families,
      extendedNextHop,
      localAddress: localAddress ?? unknownAddress(address),
      ...extra,
    };
  }

  #takeIn(update: DecodedUpdate, nowMs: number): readonly PeerEffect[] {
    this.#statistics.countUpdateReceived(update);
    const how = this.#inbox.take(update, nowMs);
    return how === undefined ? [] : this.#passOn(this.#session.step({ kind: 'reset', how }, nowMs), nowMs);
  }

  #onWritten(connection: ConnectionId, pendingBytes: number, nowMs: number): readonly PeerEffect[] {
    const isOurs = this.#outConnection === connection;
    return isOurs && this.#outbox.written(pendingBytes, nowMs) ? this.#pump(nowMs) : [];
  }

  /** Hands out what may go out; in a chunk whose later bytes ended the session, nothing does. */
  #pump(nowMs: number): readonly PeerEffect[] {
    if (this.#link === undefined || this.#session.state.kind !== 'established') return [];
    const items = this.#outbox.pump(nowMs);
    const only = items.length === 1 ? items[0] : undefined;
    return only === undefined ? items.flatMap((item) => this.#handOut(item, nowMs)) : this.#handOut(only, nowMs);
  }

  #handOut(item: OutboxItem, nowMs: number): readonly PeerEffect[] {
    const peer = this.config.name;
    switch (item.kind) {
      case 'updates': {
        const { updates } = item;
        const only = updates.length === 1 ? updates[0] : undefined;
        const messages = only?.bytes ?? concatBytes(updates.map(({ bytes }) => bytes));
        const sent = this.#sendUpdates(messages, updates.length, nowMs);
        return sent === undefined ? [] : [sent, { kind: 'updatesSent', updates }];
      }
      case 'endOfRib': {
        const { family, bytes } = item;
        const text = `sent End-of-RIB for ${family} to ${peer}`;
        const sent = this.#sendUpdates(bytes, 1, nowMs);
        return sent === undefined ? [] : [sent, report({ kind: 'endOfRibSent', peer, family, text })];
      }
      case 'refreshMark': {
        const { family, mark } = item;
        return this.#passOn(this.#session.step({ kind: 'sendRefresh', family, mark }, nowMs), nowMs);
      }
      case 'refused':
        return describeRefused(peer, item.refused).map(report);
      default:
        return assertNever(item);
    }
  }

  #sendUpdates(messages: Uint8Array, count: number, nowMs: number): PeerEffect | undefined {
    const sent = this.#session.sendUpdates(messages, nowMs);
    if (sent === undefined) return undefined;
    this.#outConnection = sent.connection;
    this.#outbox.handedOver(messages.length, nowMs);
    this.#statistics.countUpdatesSent(count);
    this.#statistics.countSent(messages);
    return sent;
  }
}

/** A peer's state as the engine has it; times on the engine's clock. */
export interface PeerView {
  readonly state: Session['state']['kind'];
  readonly reason: string;
  readonly sinceMs: number;
  /** While established. */
  readonly link: { readonly negotiated: Negotiated; readonly localAddress: Address } | undefined;
  readonly sent: readonly SentRoute[];
  readonly withdrawn: readonly WithdrawnPrefix[];
  /** Made as it is read, each entry as things are then. */
  readonly plan: Iterable<PlannedChange>;
  readonly received: AdjRibIn | undefined;
  readonly outbox: OutboxView;
  readonly statistics: StatisticsView;
}

/** Stands for our end of a session that there is not; the snapshot shows it as `self`. */
export function unknownAddress(peer: Address): Address {
  const address = parseAddress(familyOf(peer) === 'ipv4-unicast' ? '0.0.0.0' : '::');
  return address ?? peer;
}

function report(event: SpeakerEvent): PeerEffect {
  return { kind: 'event', event };
}
