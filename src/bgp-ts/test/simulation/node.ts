/** One speaker of the simulation: the adapter around a session, a table of what it wants said, and one of what it heard. */
import { Session } from '../../src/session/session.ts';
import type {
  ConnectionId,
  SessionConfig,
  SessionEffect,
  SessionEvent,
  SessionInput,
} from '../../src/session/types.ts';
import { parseAddress, parsePrefix } from '../../src/wire/address.ts';
import type { Address, Prefix } from '../../src/wire/address.ts';
import { findAttribute } from '../../src/wire/attributes.ts';
import { concatBytes } from '../../src/wire/bytes.ts';
import { encodeUpdate, endOfRib } from '../../src/wire/update-encode.ts';
import type { UpdateMessage } from '../../src/wire/update-encode.ts';
import type { Acceptor, Connection, EndEvents, Network } from './network.ts';
import { End } from './network.ts';

/** Rules that a test breaks on purpose, to see that it is found. */
export interface NodeSpoils {
  /** Connections that the session ends stay open and silent. */
  readonly keepsClosed?: boolean;
  /** Timers never come. */
  readonly losesTimers?: boolean;
  /** A new session is not told what is wanted. */
  readonly forgetsTable?: boolean;
  /** What the session hears is thrown away. */
  readonly isDeaf?: boolean;
}

const neighbor = address('192.0.2.77');

/** A speaker that can be killed and started again. */
export class Node implements Acceptor {
  readonly config: SessionConfig;
  /** What the peer shall hear: MED by prefix. */
  readonly desired = new Map<Prefix, number>();
  /** What the peer said in this session. */
  heard = new Map<Prefix, number>();
  peer: Acceptor | undefined;
  /** Times that the session came up. */
  upCount = 0;
  readonly faults: string[] = [];
  readonly #network: Network;
  readonly #spoils: NodeSpoils;
  #session: Session;
  #ends = new Map<ConnectionId, End>();
  #lastAccepted = 0;
  #isRunning = false;
  #stalledUntilMs = 0;
  #incarnation = 0;
  /** The end that was established last. */
  #lastUp: End | undefined;
  #armedMs: number | undefined;

  constructor(config: SessionConfig, network: Network, spoils: NodeSpoils) {
    this.config = config;
    this.#network = network;
    this.#spoils = spoils;
    this.#session = new Session(config);
  }

  get state(): Session['state'] {
    return this.#session.state;
  }

  /** The end that the session is established on. */
  get establishedEnd(): End | undefined {
    const { state } = this;
    return state.kind === 'established' ? this.#ends.get(state.connection) : undefined;
  }

  /** Connections that this side has open. */
  get openCount(): number {
    return this.#ends.size;
  }

  /** Starts the process, if it does not run. */
  boot(): void {
    if (this.#isRunning) return;
    this.#incarnation++;
    this.#session = new Session(this.config);
    this.#ends = new Map();
    this.#lastAccepted = 0;
    this.#armedMs = undefined;
    this.#isRunning = true;
    this.step({ kind: 'start' });
  }

  /** Ends the process at once; the system says so to the peer, or, without power, nobody does. */
  kill(hasPower: boolean): void {
    this.#isRunning = false;
    this.#incarnation++;
    this.#armedMs = undefined;
    this.heard = new Map();
    for (const end of this.#ends.values()) {
      if (hasPower) end.abort();
      else end.vanish();
    }
    this.#ends = new Map();
    this.#session = new Session(this.config);
  }

  /** Timers come late for a while. */
  stall(durationMs: number): void {
    this.#stalledUntilMs = this.#network.clock.nowMs + durationMs;
  }

  /** Changes what the peer shall hear; undefined for nothing. */
  desire(prefix: Prefix, med: number | undefined): void {
    if (med === undefined) this.desired.delete(prefix);
    else this.desired.set(prefix, med);
    if (this.state.kind === 'established') this.#send([med === undefined ? withdrawal(prefix) : route(prefix, med)]);
  }

  step(input: SessionInput): void {
    if (!this.#isRunning) return;
    for (const effect of this.#session.step(input, this.#network.clock.nowMs)) this.#carryOut(effect);
    this.#armTimer();
  }

  accept(connection: Connection): End | undefined {
    if (!this.#isRunning || (this.config.connection === 'active' && this.#network.chance.happens(0.5)))
      return undefined;
    const id = --this.#lastAccepted;
    const end = new End(connection, this.#events(id));
    this.#ends.set(id, end);
    // The caller first joins both ends.
    const incarnation = this.#incarnation;
    this.#network.clock.after(0, () => {
      if (incarnation !== this.#incarnation || end.isClosed) return;
      this.step({ kind: 'incoming', connection: id, localAddress: this.config.routerId });
    });
    return end;
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.#dial(effect.connection);
        break;
      case 'send':
        this.#ends.get(effect.connection)?.send(effect.bytes);
        break;
      case 'close': {
        const end = this.#ends.get(effect.connection);
        if (this.#spoils.keepsClosed === true) break;
        if (effect.afterFlush) end?.finish();
        else end?.abort();
        this.#ends.delete(effect.connection);
        break;
      }
      case 'event':
        this.#onEvent(effect.event);
        break;
      default:
        effect satisfies never;
    }
  }

  #dial(connection: ConnectionId): void {
    const { peer } = this;
    if (peer === undefined) throw new Error('the simulation has no peer to dial');
    const localAddress = this.config.routerId;
    const opened = (): void => this.step({ kind: 'connected', connection, localAddress });
    this.#ends.set(connection, this.#network.dial(peer, this.#events(connection), opened));
  }

  #events(connection: ConnectionId): EndEvents {
    const incarnation = this.#incarnation;
    const tell = (input: SessionInput): void => {
      if (incarnation === this.#incarnation) this.step(input);
    };
    return {
      received: (bytes) => tell({ kind: 'received', connection, bytes }),
      written: (pendingBytes) => tell({ kind: 'written', connection, pendingBytes }),
      closed: () => {
        if (incarnation === this.#incarnation) this.#ends.delete(connection);
        tell({ kind: 'disconnected', connection, reason: 'closed' });
      },
    };
  }

  #onEvent(event: SessionEvent): void {
    if (event.kind === 'stateChanged' && event.from === 'established') this.heard = new Map();
    const isReplaced = event.kind === 'stateChanged' && event.from === 'established' && event.to === 'openConfirm';
    if (isReplaced && this.#lastUp?.isHeld === true) {
      this.faults.push('a newer connection took the place of an established one');
    }
    if (event.kind === 'established') {
      this.#lastUp = this.establishedEnd;
      if (this.heard.size > 0) this.faults.push('established twice');
      this.upCount++;
      const updates = Array.from(this.desired, ([prefix, med]) => route(prefix, med));
      this.#send([...(this.#spoils.forgetsTable === true ? [] : updates), endOfRib('ipv4-unicast')]);
    }
    if (event.kind === 'updateReceived' && this.#spoils.isDeaf !== true) this.#hear(event.update);
  }

  #hear(update: UpdateMessage): void {
    const med = findAttribute(update.attributes, 'med')?.med ?? 0;
    for (const prefix of update.withdrawn) this.heard.delete(prefix);
    for (const prefix of update.announced) this.heard.set(prefix, med);
  }

  #send(updates: readonly UpdateMessage[]): void {
    if (!this.#isRunning) return;
    const messages = concatBytes(updates.map((update) => encodeUpdate(update, true)));
    const sent = this.#session.sendUpdates(messages, this.#network.clock.nowMs);
    if (sent !== undefined) this.#carryOut(sent);
    this.#armTimer();
  }

  #armTimer(): void {
    const deadlineMs = this.#session.nextDeadlineMs();
    if (deadlineMs === undefined || this.#spoils.losesTimers === true) return;
    if (this.#armedMs !== undefined && this.#armedMs <= deadlineMs) return;
    const { clock } = this.#network;
    const incarnation = this.#incarnation;
    const atMs = Math.max(deadlineMs, this.#stalledUntilMs, clock.nowMs);
    this.#armedMs = deadlineMs;
    clock.after(atMs - clock.nowMs, () => {
      if (incarnation !== this.#incarnation) return;
      if (this.#armedMs === deadlineMs) this.#armedMs = undefined;
      this.step({ kind: 'timer' });
    });
  }
}

function route(prefix: Prefix, med: number): UpdateMessage {
  return {
    kind: 'update',
    withdrawn: [],
    attributes: [
      { kind: 'origin', origin: 'igp' },
      { kind: 'asPath', segments: [{ kind: 'sequence', asns: [65001] }] },
      { kind: 'nextHop', nextHop: neighbor },
      { kind: 'med', med },
    ],
    announced: [prefix],
  };
}

function withdrawal(prefix: Prefix): UpdateMessage {
  return { kind: 'update', withdrawn: [prefix], attributes: [], announced: [] };
}

/** An address that is written right. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

/** A prefix that is written right. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is not a prefix`);
  return parsed;
}
