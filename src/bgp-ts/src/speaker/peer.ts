/**
 * One peer as an engine without I/O: a session and its Adj-RIB-Out. Whatever is desired goes out at once while the
 * session is established; a new session starts with everything and End-of-RIB for each family (RFC 4724 §2).
 */
import type { ExportContext } from '../rib/export.ts';
import { AdjRibOut } from '../rib/adj-rib-out.ts';
import type { PackedUpdate } from '../rib/pack.ts';
import type { Route } from '../rib/route.ts';
import { assertNever } from '../result.ts';
import { Session } from '../session/session.ts';
import type { Negotiated, SessionEffect, SessionEvent, SessionInput } from '../session/types.ts';
import type { Address, Prefix } from '../wire/address.ts';
import type { Family } from '../wire/family.ts';
import { encodeUpdate, endOfRib } from '../wire/update-encode.ts';
import { describeNotification, describeState, describeUpdate } from './describe.ts';
import type { PeerConfig } from './options.ts';
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
  Exclude<SessionEffect, { readonly kind: 'event' }> | { readonly kind: 'event'; readonly event: SpeakerEvent };

type Link =
  { readonly kind: 'down' } | { readonly kind: 'up'; readonly negotiated: Negotiated; readonly context: ExportContext };

/** The engine of one peer. */
export class Peer {
  readonly config: PeerConfig;
  readonly #session: Session;
  readonly #rib = new AdjRibOut();
  readonly #reasons = new Map<Prefix, string>();
  readonly #common = new Map<Prefix, RouteChange>();
  readonly #own = new Map<Prefix, RouteChange>();
  #link: Link = { kind: 'down' };
  #stateReason = 'not started';
  #stateSinceMs = 0;
  #updatesSent = 0;
  #updatesReceived = 0;
  #faultyUpdatesReceived = 0;

  constructor(config: PeerConfig, random: () => number) {
    this.config = config;
    this.#session = new Session({ ...config.session, random });
  }

  /** Takes one input; effects are to be carried out in order. */
  step(input: PeerInput, nowMs: number): readonly PeerEffect[] {
    switch (input.kind) {
      case 'setDesired':
        for (const change of input.changes) this.#desireCommon(change);
        for (const change of input.own ?? []) this.#desireOwn(change);
        return this.#flush(nowMs, undefined);
      case 'declareComplete':
        return [];
      default:
        return this.#passOn(this.#session.step(input, nowMs), nowMs);
    }
  }

  /** When the peer next wants a `timer` input. */
  nextDeadlineMs(): number | undefined {
    return this.#session.nextDeadlineMs();
  }

  /** State, counters and what was announced, for snapshots. */
  view(): PeerView {
    return {
      state: this.#session.state.kind,
      reason: this.#stateReason,
      sinceMs: this.#stateSinceMs,
      negotiated: this.#link.kind === 'up' ? this.#link.negotiated : undefined,
      sent: this.#rib.sent(),
      updatesSent: this.#updatesSent,
      updatesReceived: this.#updatesReceived,
      faultyUpdatesReceived: this.#faultyUpdatesReceived,
    };
  }

  #desireCommon(change: RouteChange): void {
    if (change.route === null) this.#common.delete(change.prefix);
    else this.#common.set(change.prefix, change);
    if (!this.#own.has(change.prefix)) this.#desire(change);
  }

  #desireOwn({ prefix, route, reason }: OwnRouteChange): void {
    if (route === undefined) {
      this.#own.delete(prefix);
      this.#desire({ prefix, route: this.#common.get(prefix)?.route ?? null, reason });
    } else {
      this.#own.set(prefix, { prefix, route, reason });
      this.#desire({ prefix, route, reason });
    }
  }

  #desire({ prefix, route, reason }: RouteChange): void {
    this.#rib.setDesired(prefix, route);
    this.#reasons.set(prefix, reason);
  }

  #passOn(effects: readonly SessionEffect[], nowMs: number): readonly PeerEffect[] {
    return effects.flatMap((effect) => (effect.kind === 'event' ? this.#onEvent(effect.event, nowMs) : [effect]));
  }

  #onEvent(event: SessionEvent, nowMs: number): readonly PeerEffect[] {
    const peer = this.config.name;
    switch (event.kind) {
      case 'stateChanged':
        this.#stateReason = event.reason;
        this.#stateSinceMs = nowMs;
        if (event.from === 'established') this.#endSession();
        return [report(describeState(peer, event))];
      case 'notification':
        return [report(describeNotification(peer, event))];
      case 'established':
        return this.#startSession(event.negotiated, event.localAddress, nowMs);
      case 'refreshRequested':
        this.#rib.refresh(event.family);
        return this.#flush(nowMs, 'the peer asked for a refresh');
      case 'refreshMarked':
        return [];
      case 'updateReceived':
        this.#updatesReceived++;
        if (event.update.severity !== 'none') this.#faultyUpdatesReceived++;
        return [];
      default:
        return assertNever(event);
    }
  }

  #startSession(negotiated: Negotiated, localAddress: Address, nowMs: number): readonly PeerEffect[] {
    this.#link = { kind: 'up', negotiated, context: { ...negotiated, localAddress } };
    this.#rib.startSession();
    const markers = negotiated.families.flatMap((family) => this.#sendEndOfRib(family, nowMs));
    return [...this.#flush(nowMs, 'the session is new'), ...markers];
  }

  #endSession(): void {
    this.#link = { kind: 'down' };
    this.#rib.endSession();
  }

  #sendEndOfRib(family: Family, nowMs: number): readonly PeerEffect[] {
    const text = `sent End-of-RIB for ${family} to ${this.config.name}`;
    return [
      ...this.#send([encodeUpdate(endOfRib(family), true)], nowMs),
      report({ kind: 'endOfRibSent', peer: this.config.name, family, text }),
    ];
  }

  /** `cause` stands for the reasons of the single prefixes where the whole table is sent. */
  #flush(nowMs: number, cause: string | undefined): readonly PeerEffect[] {
    if (this.#link.kind === 'down') return [];
    const { updates, refused } = this.#rib.flush(this.#link.context, nowMs);
    this.#updatesSent += updates.length;
    const messages = updates.map((update) => update.bytes);
    const refusals = refused.map(({ prefix, reason }) => {
      const text = `cannot announce ${prefix} to ${this.config.name}: ${reason}`;
      return report({ kind: 'routeRefused', peer: this.config.name, prefix, text });
    });
    const reports = updates.map((update) =>
      report(describeUpdate(this.config.name, update, cause === undefined ? this.#reasonsOf(update) : [cause])),
    );
    return [...this.#send(messages, nowMs), ...reports, ...refusals];
  }

  #send(messages: readonly Uint8Array[], nowMs: number): readonly PeerEffect[] {
    return this.#passOn(this.#session.step({ kind: 'sendUpdates', messages }, nowMs), nowMs);
  }

  #reasonsOf(update: PackedUpdate): readonly string[] {
    const prefixes = [...update.announced, ...update.withdrawn];
    return [...new Set(prefixes.map((prefix) => this.#reasons.get(prefix) ?? ''))];
  }
}

/** A peer's state as the engine has it; times on the engine's clock. */
export interface PeerView {
  readonly state: Session['state']['kind'];
  readonly reason: string;
  readonly sinceMs: number;
  readonly negotiated: Negotiated | undefined;
  readonly sent: ReturnType<AdjRibOut['sent']>;
  readonly updatesSent: number;
  readonly updatesReceived: number;
  readonly faultyUpdatesReceived: number;
}

function report(event: SpeakerEvent): PeerEffect {
  return { kind: 'event', event };
}
