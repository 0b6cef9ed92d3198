/**
 * The client's end of a speaker in a worker. Checks arguments here, so that faults are returned at once. If the worker
 * dies, an `ended` event says so, the sessions are gone, and it is the owner's decision to make a new one.
 */
import type { Result } from '../result.ts';
import { assertNever, refuse, succeed } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import { checkPrefix, checkRoute } from '../rib/route.ts';
import { WorkerLife } from '../system/worker-life.ts';
import type { WorkerThread } from '../system/worker.ts';
import { eventWeight, relayWindow } from './event-relay.ts';
import type { PeerConfig } from './options.ts';
import { checkPeerOptions, originOf, originTaken } from './options.ts';
import { SnapshotBuilder } from './snapshot-parts.ts';
import type {
  BgpSpeaker,
  ListenOptions,
  OnSpeakerEvent,
  PeerOptions,
  RemoveHow,
  ResetHow,
  SpeakerEvent,
  SpeakerSnapshot,
  SpeakerStop,
} from './types.ts';
import type { DesiredCall, WorkerReply, WorkerRequest } from './worker-messages.ts';

/** The client's end of a worker that runs worker.ts. */
export class WorkerSpeaker implements BgpSpeaker {
  readonly #worker: WorkerThread;
  readonly #life: WorkerLife;
  readonly #onEvent: OnSpeakerEvent;
  readonly #peers = new Map<string, PeerConfig>();
  readonly #snapshots = new Map<
    number,
    PromiseWithResolvers<SpeakerSnapshot> & { readonly builder: SnapshotBuilder }
  >();
  readonly #listens = new Map<number, PromiseWithResolvers<Result<void, string>>>();
  #calls: DesiredCall[] = [];
  #requests: WorkerRequest[] = [];
  #isSending = false;
  #nextId = 0;
  /** Of events that the worker was not told of yet. */
  #seenWeight = 0;

  constructor(worker: WorkerThread, onEvent: OnSpeakerEvent) {
    this.#worker = worker;
    this.#onEvent = onEvent;
    worker.on('message', (message: WorkerReply) => this.#onReply(message));
    this.#life = new WorkerLife(worker, {
      worker: 'the BGP worker',
      speaker: 'the speaker',
      onEnded: (text) => onEvent({ kind: 'ended', text }),
      onGone: () => this.#giveUp(),
    });
  }

  addPeer(options: PeerOptions): Result<string, string> {
    const config = checkPeerOptions(options);
    if (!config.ok) return config;
    const { name } = config.value;
    const refusal = this.#life.refusal() ?? this.#peerRefusal(config.value);
    if (refusal !== undefined) return refuse(`cannot add peer "${name}": ${refusal}`);
    this.#peers.set(name, config.value);
    this.#post({ kind: 'addPeer', options });
    return succeed(name);
  }

  removePeer(name: string, how: RemoveHow = { mode: 'deconfigured' }): boolean {
    this.#post({ kind: 'removePeer', name, how });
    return this.#peers.delete(name);
  }

  setDesired(prefix: string, attributes: RouteAttributes | null, reason: string): Result<void, string> {
    return this.#desire({ prefix, attributes, reason });
  }

  setDesiredFor(
    peer: string,
    prefix: string,
    attributes: RouteAttributes | null | undefined,
    reason: string,
  ): Result<void, string> {
    if (this.#peers.has(peer)) return this.#desire({ peer, prefix, attributes, reason });
    return refuse(`cannot announce or withdraw ${prefix}: there is no peer "${peer}"`);
  }

  declareComplete(): void {
    this.#post({ kind: 'declareComplete' });
  }

  resetPeer(name: string, how: ResetHow): boolean {
    this.#post({ kind: 'resetPeer', name, how });
    return this.#peers.has(name);
  }

  listen(options: ListenOptions): Promise<Result<void, string>> {
    const refusal = this.#life.refusal();
    if (refusal !== undefined) return Promise.resolve(refuse(`cannot listen on ${options.address}: ${refusal}`));
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<Result<void, string>>();
    this.#listens.set(id, waiting);
    this.#post({ kind: 'listen', id, options });
    return waiting.promise;
  }

  snapshot(): Promise<SpeakerSnapshot> {
    if (this.#life.isDead) return Promise.resolve({ peers: [], desired: [] });
    const id = this.#nextId++;
    const waiting = { ...Promise.withResolvers<SpeakerSnapshot>(), builder: new SnapshotBuilder() };
    this.#snapshots.set(id, waiting);
    this.#post({ kind: 'snapshot', id });
    return waiting.promise;
  }

  stop(how: SpeakerStop): Promise<void> {
    return this.#life.stop(() => this.#post({ kind: 'stop', how }));
  }

  /** What the speaker in the worker would say. */
  #peerRefusal(config: PeerConfig): string | undefined {
    const { name, connection } = config;
    const origin = originOf(config);
    if (this.#peers.has(name)) return 'there is one of this name';
    if (connection === 'active') return undefined;
    const other = [...this.#peers.values()].find((peer) => peer.connection !== 'active' && originOf(peer) === origin);
    return other === undefined ? undefined : originTaken(origin, other.name);
  }

  #desire(call: DesiredCall): Result<void, string> {
    const { prefix, attributes } = call;
    const isRoute = attributes !== null && attributes !== undefined;
    const checked = isRoute ? checkRoute(prefix, attributes) : checkPrefix(prefix);
    if (!checked.ok) return checked;
    const refusal = this.#life.refusal();
    if (refusal !== undefined) return refuse(`cannot announce or withdraw ${prefix}: ${refusal}`);
    this.#calls.push(call);
    this.#sendSoon();
    return succeed(undefined);
  }

  #post(request: WorkerRequest): void {
    this.#settleCalls();
    this.#requests.push(request);
    this.#sendSoon();
  }

  #settleCalls(): void {
    if (this.#calls.length > 0) this.#requests.push({ kind: 'setDesired', calls: this.#calls });
    this.#calls = [];
  }

  /** One message for a turn: a peer must not come up before the routes that were said with it: an early End-of-RIB would end what a graceful restart keeps. */
  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#settleCalls();
      const requests = this.#requests;
      this.#requests = [];
      if (!this.#life.isDead) this.#worker.postMessage(requests);
    });
  }

  #onReply(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'event':
        this.#noteSeen(reply.event);
        this.#onEvent(reply.event);
        return;
      case 'listening':
        this.#listens.get(reply.id)?.resolve(reply.result);
        this.#listens.delete(reply.id);
        return;
      case 'snapshotPart':
        this.#snapshots.get(reply.id)?.builder.add(reply.part);
        return;
      case 'snapshotEnd': {
        const waiting = this.#snapshots.get(reply.id);
        waiting?.resolve(waiting.builder.finish());
        this.#snapshots.delete(reply.id);
        return;
      }
      default:
        assertNever(reply);
    }
  }

  /** The worker keeps back what this thread is too busy to see. */
  #noteSeen(event: SpeakerEvent): void {
    this.#seenWeight += eventWeight(event);
    if (this.#seenWeight < relayWindow.seenAtWeight) return;
    this.#post({ kind: 'seen', weight: this.#seenWeight });
    this.#seenWeight = 0;
  }

  /** Answers what nobody will answer any more. */
  #giveUp(): void {
    for (const waiting of this.#snapshots.values()) waiting.resolve({ peers: [], desired: [] });
    this.#snapshots.clear();
    for (const waiting of this.#listens.values()) waiting.resolve(refuse('cannot listen: the BGP worker ended'));
    this.#listens.clear();
  }
}
