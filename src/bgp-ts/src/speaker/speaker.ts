/**
 * A BGP speaker in this thread: peers, listeners, what the peers shall hear, and events. To keep sessions alive whatever
 * this thread does, use worker-client.ts, which has the same interface.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import { checkPrefix, checkRoute } from '../rib/route.ts';
import { nodeTransport } from '../socket/node.ts';
import type { Transport } from '../socket/transport.ts';
import { DesiredRoutes } from './desired-routes.ts';
import { Listeners } from './listeners.ts';
import type { PeerConfig } from './options.ts';
import { checkPeerOptions, originOf, originTaken } from './options.ts';
import type { OwnRouteChange, RouteChange } from './peer.ts';
import { Peer } from './peer.ts';
import { PeerRunner } from './peer-runner.ts';
import type { SnapshotPart } from './snapshot-parts.ts';
import { SnapshotBuilder, snapshotParts, takeParts } from './snapshot-parts.ts';
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

/** Settings of a speaker. */
export interface SpeakerOptions {
  readonly onEvent: OnSpeakerEvent;
  /** A number in [0, 1), for timers' jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** TCP. Default: the system's. */
  readonly transport?: Transport;
}

/** A speaker whose sessions run in the thread that made it. */
export class Speaker implements BgpSpeaker {
  readonly #onEvent: OnSpeakerEvent;
  readonly #random: () => number;
  readonly #transport: Transport;
  readonly #listeners: Listeners;
  readonly #runners = new Map<string, PeerRunner>();
  /** Ends of removed peers, whose connections may last a second longer. */
  readonly #farewells = new Set<Promise<void>>();
  readonly #desired = new DesiredRoutes();
  #changes: RouteChange[] | undefined;
  #ownChanges = new Map<string, OwnRouteChange[]>();
  #isFlushDue = false;
  /** Whether somebody says several things together, and they are sent when all are said. */
  #isHeld = false;
  readonly #flushAtEnd = (): void => {
    if (this.#isFlushDue) this.flush();
  };
  #isComplete = false;
  #isStopped = false;

  constructor(options: SpeakerOptions) {
    this.#onEvent = (event) => tell(options.onEvent, event);
    this.#random = options.random ?? Math.random;
    this.#transport = options.transport ?? nodeTransport;
    this.#listeners = new Listeners(this.#transport, this.#onEvent);
  }

  addPeer(options: PeerOptions): Result<string, string> {
    const config = checkPeerOptions(options);
    if (!config.ok) return config;
    const { name } = config.value;
    const refusal = this.#peerRefusal(config.value);
    if (refusal !== undefined) return refuse(`cannot add peer "${name}": ${refusal}`);
    const context = { transport: this.#transport, onEvent: this.#onEvent };
    const runner = new PeerRunner(new Peer(config.value, this.#random), context);
    this.#runners.set(name, runner);
    const changes = Array.from(this.#desired, ({ prefix, route, reason }) => ({ prefix, route, reason }));
    runner.take({ kind: 'setDesired', changes });
    if (this.#isComplete) runner.take({ kind: 'declareComplete' });
    runner.take({ kind: 'start' });
    if (config.value.connection !== 'active') this.#listeners.expect(runner);
    return succeed(name);
  }

  removePeer(name: string, how: RemoveHow = { mode: 'deconfigured' }): boolean {
    const runner = this.#runners.get(name);
    if (runner === undefined) return false;
    this.#listeners.forget(runner);
    const farewell = runner.stop(how);
    this.#farewells.add(farewell);
    void farewell.then(() => this.#farewells.delete(farewell));
    this.#ownChanges.delete(name);
    return this.#runners.delete(name);
  }

  setDesired(prefix: string, attributes: RouteAttributes | null, reason: string): Result<void, string> {
    return attributes === null ? this.#withdraw(prefix, reason) : this.#announce(prefix, attributes, reason);
  }

  setDesiredFor(
    peer: string,
    prefix: string,
    attributes: RouteAttributes | null | undefined,
    reason: string,
  ): Result<void, string> {
    if (!this.#runners.has(peer)) return refuse(`cannot announce or withdraw ${prefix}: there is no peer "${peer}"`);
    const change = checkOwnRoute(prefix, attributes, reason);
    if (!change.ok) return change;
    const gathered = this.#ownChanges.get(peer);
    if (gathered === undefined) this.#ownChanges.set(peer, [change.value]);
    else gathered.push(change.value);
    this.#flushLater();
    return succeed(undefined);
  }

  declareComplete(): void {
    this.flush();
    this.#isComplete = true;
    for (const runner of this.#runners.values()) runner.take({ kind: 'declareComplete' });
  }

  resetPeer(name: string, how: ResetHow): boolean {
    const runner = this.#runners.get(name);
    this.flush();
    runner?.take({ kind: 'reset', how });
    return runner !== undefined;
  }

  listen(options: ListenOptions): Promise<Result<void, string>> {
    if (!this.#isStopped) return this.#listeners.listen(options);
    return Promise.resolve(refuse(`cannot listen on ${options.address}: the speaker is stopped`));
  }

  async snapshot(): Promise<SpeakerSnapshot> {
    const builder = new SnapshotBuilder();
    await this.takeSnapshot((part) => builder.add(part));
    return builder.finish();
  }

  /** The same in parts, for who passes them on; sessions get their turn between them. */
  takeSnapshot(take: (part: SnapshotPart) => void): Promise<void> {
    return takeParts(snapshotParts([...this.#runners.values()], [...this.#desired]), take);
  }

  async stop(how: SpeakerStop): Promise<void> {
    this.#isStopped = true;
    this.flush();
    const closing = this.#listeners.close();
    const ends = Array.from(this.#runners.values(), (runner) => runner.stop(how));
    await Promise.all([closing, ...ends, ...this.#farewells]);
  }

  #peerRefusal(config: PeerConfig): string | undefined {
    const { name, connection } = config;
    const origin = originOf(config);
    if (this.#isStopped) return 'the speaker is stopped';
    if (this.#runners.has(name)) return 'there is one of this name';
    const other = connection === 'active' ? undefined : this.#listeners.expectedFrom(origin);
    return other === undefined ? undefined : originTaken(origin, other.peer.config.name);
  }

  #withdraw(prefix: string, reason: string): Result<void, string> {
    const known = this.#desired.delete(prefix);
    const checked = known === undefined ? checkPrefix(prefix) : succeed(known);
    if (!checked.ok) return checked;
    // The text may be another one than the prefix's own, such as 2001:DB8::/32.
    if (known === undefined) this.#desired.delete(checked.value);
    this.#change({ prefix: checked.value, route: null, reason });
    return nothing;
  }

  #announce(prefix: string, attributes: RouteAttributes, reason: string): Result<void, string> {
    // Said again, as by a health check, it needs no check again.
    const known = this.#desired.setAgain(prefix, attributes, reason);
    if (known !== undefined) {
      this.#change(known);
      return nothing;
    }
    const checked = checkRoute(prefix, attributes);
    if (!checked.ok) return checked;
    const route = checked.value;
    const desired = { prefix: route.prefix, attributes, reason, route };
    this.#desired.set(desired);
    this.#change(desired);
    return nothing;
  }

  #change(change: RouteChange): void {
    if (this.#changes === undefined) this.#changes = [change];
    else this.#changes.push(change);
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#isFlushDue || this.#isHeld) return;
    this.#isFlushDue = true;
    // Costs less than `queueMicrotask`, which makes a context of its own for each call.
    void thisTurn.then(this.#flushAtEnd);
  }

  /** Sends what `say` says as soon as it ends; without this it goes out at the end of the turn. */
  together(say: () => void): void {
    this.#isHeld = true;
    try {
      say();
    } finally {
      this.#isHeld = false;
      this.flush();
    }
  }

  /** Sends what was said in this turn, which otherwise goes out at its end. */
  flush(): void {
    const changes = this.#changes ?? none;
    const ownChanges = this.#ownChanges;
    this.#isFlushDue = false;
    if (changes.length === 0 && ownChanges.size === 0) return;
    this.#changes = undefined;
    if (ownChanges.size > 0) this.#ownChanges = new Map();
    for (const runner of this.#runners.values()) {
      const own = ownChanges.size === 0 ? undefined : ownChanges.get(runner.peer.config.name);
      if (own !== undefined) runner.take({ kind: 'setDesired', changes, own });
      else if (changes.length > 0) runner.take({ kind: 'setDesired', changes });
    }
  }
}

const none: readonly RouteChange[] = [];
const nothing: Result<void, never> = succeed(undefined);
const thisTurn = Promise.resolve();

/** What a listener throws is no bug of the session that it was told of. */
function tell(onEvent: OnSpeakerEvent, event: SpeakerEvent): void {
  try {
    onEvent(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function checkOwnRoute(
  prefix: string,
  attributes: RouteAttributes | null | undefined,
  reason: string,
): Result<OwnRouteChange, string> {
  if (attributes !== null && attributes !== undefined) {
    const checked = checkRoute(prefix, attributes);
    return checked.ok ? succeed({ prefix: checked.value.prefix, route: checked.value, reason }) : checked;
  }
  const checked = checkPrefix(prefix);
  return checked.ok ? succeed({ prefix: checked.value, route: attributes, reason }) : checked;
}
