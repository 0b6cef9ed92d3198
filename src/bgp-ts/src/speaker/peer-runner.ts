/**
 * The adapter between a peer's engine and the system: its connections, one timer, inputs one after the other. Owns
 * connections and the clock; decides nothing, but that a session whose settings the system refuses stays stopped, and that
 * a bug that an engine throws ends its own session and no other.
 */
// The global of this name is a getter, which would be called for each input.
import { performance } from 'node:perf_hooks';
import { assertNever } from '../result.ts';
import type { ConnectionId, StopHow } from '../session/types.ts';
import type { Connection, ConnectionEvents, IncomingConnection, Transport } from '../socket/transport.ts';
import { describeUpdate } from './describe.ts';
import type { Peer, PeerEffect, PeerInput } from './peer.ts';
import type { OnSpeakerEvent } from './types.ts';

/** The longest wait that `setTimeout` takes. */
const maxTimeoutMs = 0x7fff_ffff;

/** How many connections a peer may have at a time; two are legitimate (RFC 4271 §6.8), others may still be closing. */
const maxConnections = 8;

/** What a runner needs. */
export interface RunnerContext {
  readonly transport: Transport;
  readonly onEvent: OnSpeakerEvent;
}

/** Runs one peer. */
export class PeerRunner {
  readonly peer: Peer;
  readonly #context: RunnerContext;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #queue: PeerInput[] = [];
  readonly #closed = Promise.withResolvers<undefined>();
  #lastAccepted: ConnectionId = 0;
  #faultCount = 0;
  /** After a bug no timer comes before this, so that one that is met again and again does not fill the thread. */
  #restUntilMs = -Infinity;
  #isBusy = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDeadlineMs = Infinity;
  /** What was told last of this host's own trouble, so that each is told once. */
  #localTrouble: string | undefined;

  constructor(peer: Peer, context: RunnerContext) {
    this.peer = peer;
    this.#context = context;
  }

  /** Takes an input; one that comes up while another is worked on waits its turn. */
  take(input: PeerInput): void {
    if (this.#isBusy) {
      this.#queue.push(input);
      return;
    }
    this.#isBusy = true;
    try {
      this.#work(input);
      while (this.#queue.length > 0) {
        const next = this.#queue.shift();
        if (next !== undefined) this.#work(next);
      }
    } finally {
      this.#isBusy = false;
    }
    this.#armTimer();
    this.#settleStop();
  }

  /** How often the engine threw. */
  get faultCount(): number {
    return this.#faultCount;
  }

  /** Tells of a bug that was thrown on behalf of this peer, with the session as it is. */
  tellFault(error: unknown): void {
    this.#faultCount++;
    const { name } = this.peer.config;
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    const text = `BGP session with ${name} met a bug of this program, number ${this.#faultCount}: ${message}`;
    this.#context.onEvent({ kind: 'fault', peer: name, error: message, stack: stack ?? '', text });
  }

  /** Takes a connection that the peer opened, or closes it when the peer has too many. */
  accept(incoming: IncomingConnection): void {
    if (this.#isStopped || this.#connections.size >= maxConnections) {
      incoming.refuse();
      return;
    }
    const connection = --this.#lastAccepted;
    this.#connections.set(connection, incoming.take(this.#eventsOf(connection)));
    this.take({ kind: 'incoming', connection, localAddress: incoming.localAddress });
  }

  /** Stops the session because the system refuses a setting; only other options can change that. */
  giveUp(fault: string): void {
    if (this.#isStopped) return;
    const { name } = this.peer.config;
    this.#context.onEvent({ kind: 'error', peer: name, text: `BGP session with ${name} cannot run: ${fault}` });
    this.#isStopped = true;
    this.take({ kind: 'stop', how: { mode: 'refused', reason: fault } });
  }

  /** Ends the session for good; resolves when its connections are closed, about a second later at most. */
  stop(how: StopHow): Promise<void> {
    this.#isStopped = true;
    this.take({ kind: 'stop', how });
    return this.#closed.promise;
  }

  /** Other peers do not notice when an engine throws: its session ends with Cease 6/8 and starts anew after its wait. */
  #work(input: PeerInput): void {
    try {
      this.#step(input);
    } catch (error) {
      this.tellFault(error);
      this.#endAfterFault();
    }
  }

  #step(input: PeerInput): void {
    for (const effect of this.peer.step(input, performance.now())) this.#carryOut(effect);
  }

  /** What the engine had to say when it threw is lost, so that no connection is kept that it does not end itself. */
  #endAfterFault(): void {
    const connections = [...this.#connections];
    const ending = new Set<ConnectionId>();
    this.#restUntilMs = performance.now() + this.peer.config.session.retryMinMs;
    try {
      const how = { mode: 'outOfResources', reason: 'a bug of this program was met' } as const;
      for (const effect of this.peer.step({ kind: 'reset', how }, performance.now())) {
        this.#carryOut(effect);
        if (effect.kind === 'close') ending.add(effect.connection);
      }
    } catch (error) {
      this.tellFault(error);
    }
    for (const [id, connection] of connections) if (!ending.has(id)) connection.destroy();
  }

  #carryOut(effect: PeerEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.#connect(effect.connection);
        break;
      case 'send':
        this.#connections.get(effect.connection)?.send(effect.bytes);
        break;
      case 'close':
        if (effect.afterFlush) this.#connections.get(effect.connection)?.end();
        else this.#connections.get(effect.connection)?.destroy();
        break;
      case 'event':
        this.#context.onEvent(effect.event);
        break;
      case 'updatesSent':
        for (const update of effect.updates) {
          this.#context.onEvent(describeUpdate(this.peer.config.name, update, update.reasons));
        }
        break;
      default:
        assertNever(effect);
    }
  }

  #connect(connection: ConnectionId): void {
    const { address, port, localAddress, settings } = this.peer.config;
    const dialed = this.#context.transport.dial(
      { address, port, localAddress, settings },
      {
        connected: (local) => {
          this.#localTrouble = undefined;
          this.take({ kind: 'connected', connection, localAddress: local });
        },
        ...this.#eventsOf(connection),
      },
    );
    if (dialed.ok) this.#connections.set(connection, dialed.value);
    else this.giveUp(dialed.fault);
  }

  #eventsOf(connection: ConnectionId): Omit<ConnectionEvents, 'connected'> {
    return {
      received: (bytes) => this.take({ kind: 'received', connection, bytes }),
      written: (pendingBytes) => this.take({ kind: 'written', connection, pendingBytes }),
      closed: (reason, local) => {
        this.#connections.delete(connection);
        if (local !== undefined) this.#tellTrouble(reason);
        this.take({ kind: 'disconnected', connection, reason });
      },
    };
  }

  #tellTrouble(reason: string): void {
    if (this.#localTrouble === reason) return;
    this.#localTrouble = reason;
    const { name } = this.peer.config;
    const text = `BGP session with ${name} cannot connect yet, and tries again: ${reason}`;
    this.#context.onEvent({ kind: 'error', peer: name, text });
  }

  /** One timer is kept as long as it fires early enough; deadlines mostly move into the future. */
  #armTimer(): void {
    const deadlineMs = this.peer.nextDeadlineMs() ?? Infinity;
    if (deadlineMs >= this.#timerDeadlineMs && deadlineMs !== Infinity) return;
    clearTimeout(this.#timer);
    this.#timerDeadlineMs = deadlineMs;
    if (deadlineMs === Infinity) return;
    const wakeMs = Math.max(deadlineMs, this.#restUntilMs);
    const delayMs = Math.min(maxTimeoutMs, Math.max(0, Math.ceil(wakeMs - performance.now())));
    // After a stall of this thread, what the peer sent meanwhile is read before the timer is judged: late is not dead.
    this.#timer = setTimeout(() => setImmediate(() => this.#onTimer()), delayMs);
  }

  #onTimer(): void {
    this.#timerDeadlineMs = Infinity;
    if (performance.now() >= (this.peer.nextDeadlineMs() ?? Infinity)) this.take({ kind: 'timer' });
    else this.#armTimer();
  }

  #settleStop(): void {
    if (this.#isStopped && this.#connections.size === 0) this.#closed.resolve(undefined);
  }
}
