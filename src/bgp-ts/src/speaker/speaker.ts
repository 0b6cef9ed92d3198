/**
 * A BGP speaker in this thread: peers, what they shall hear, and events. It imports no routes. To keep sessions alive
 * whatever this thread does, use worker-client.ts, which has the same interface.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Route, RouteAttributes } from '../rib/route.ts';
import { checkPrefix, checkRoute } from '../rib/route.ts';
import type { Prefix } from '../wire/address.ts';
import { checkPeerOptions } from './options.ts';
import type { RouteChange } from './peer.ts';
import { Peer } from './peer.ts';
import { PeerRunner } from './peer-runner.ts';
import { snapshotPeer } from './snapshot.ts';
import type { BgpSpeaker, DesiredRoute, OnSpeakerEvent, PeerOptions, SpeakerSnapshot, SpeakerStop } from './types.ts';

/** Settings of a speaker. */
export interface SpeakerOptions {
  readonly onEvent: OnSpeakerEvent;
  /** A number in [0, 1), for timers' jitter. Default `Math.random`. */
  readonly random?: () => number;
}

interface Desired extends DesiredRoute {
  readonly route: Route;
}

/** A speaker whose sessions run in the thread that made it. */
export class Speaker implements BgpSpeaker {
  readonly #onEvent: OnSpeakerEvent;
  readonly #random: () => number;
  readonly #runners = new Map<string, PeerRunner>();
  readonly #desired = new Map<Prefix, Desired>();
  #changes: RouteChange[] = [];
  #isStopped = false;

  constructor(options: SpeakerOptions) {
    this.#onEvent = options.onEvent;
    this.#random = options.random ?? Math.random;
  }

  addPeer(options: PeerOptions): Result<string, string> {
    const config = checkPeerOptions(options);
    if (!config.ok) return config;
    const { name } = config.value;
    if (this.#isStopped) return refuse(`cannot add peer "${name}": the speaker is stopped`);
    if (this.#runners.has(name)) return refuse(`cannot add peer "${name}": there is one of this name`);
    const runner = new PeerRunner(new Peer(config.value, this.#random), this.#onEvent);
    this.#runners.set(name, runner);
    const changes = Array.from(this.#desired, ([prefix, { route, reason }]) => ({ prefix, route, reason }));
    runner.take({ kind: 'setDesired', changes });
    runner.take({ kind: 'start' });
    return succeed(name);
  }

  removePeer(name: string): boolean {
    const runner = this.#runners.get(name);
    void runner?.stop({ mode: 'deconfigured' });
    return this.#runners.delete(name);
  }

  setDesired(prefix: string, attributes: RouteAttributes | null, reason: string): Result<void, string> {
    return attributes === null ? this.#withdraw(prefix, reason) : this.#announce(prefix, attributes, reason);
  }

  snapshot(): Promise<SpeakerSnapshot> {
    return Promise.resolve({
      peers: Array.from(this.#runners.values(), (runner) => snapshotPeer(runner.peer)),
      desired: Array.from(this.#desired.values(), ({ prefix, attributes, reason }) => ({ prefix, attributes, reason })),
    });
  }

  async stop(how: SpeakerStop): Promise<void> {
    this.#isStopped = true;
    this.#flush();
    await Promise.all(Array.from(this.#runners.values(), (runner) => runner.stop(how)));
  }

  #withdraw(prefix: string, reason: string): Result<void, string> {
    const checked = checkPrefix(prefix);
    if (!checked.ok) return checked;
    this.#desired.delete(checked.value);
    this.#change({ prefix: checked.value, route: null, reason });
    return succeed(undefined);
  }

  #announce(prefix: string, attributes: RouteAttributes, reason: string): Result<void, string> {
    const checked = checkRoute(prefix, attributes);
    if (!checked.ok) return checked;
    const route = checked.value;
    this.#desired.set(route.prefix, { prefix: route.prefix, attributes, reason, route });
    this.#change({ prefix: route.prefix, route, reason });
    return succeed(undefined);
  }

  #change(change: RouteChange): void {
    this.#changes.push(change);
    if (this.#changes.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0) return;
    for (const runner of this.#runners.values()) runner.take({ kind: 'setDesired', changes });
  }
}
