/**
 * The BGP side of a coordinator: one speaker in a worker, told the announcer's routes as desired state.
 *
 * Which route may go is the announcer's decision; what a peer was told and when is the speaker's to know.
 */
import { createWorkerSpeaker } from 'bgp-ts';
import type { BgpSpeaker, PeerOptions, PeerSnapshot, SpeakerEvent } from 'bgp-ts';
import type { IpPrefix } from '#base/ip.ts';
import { gracefulShutdownCommunity } from '#steering/announcer/engine.ts';
import type { RouteAttributes } from '#steering/announcer/engine.ts';
import type { Logger } from '#config/log.ts';

/** How long each step of `fairlead stop` waits, so that the routers converge between them (R24). */
const stopSteps = { afterGracefulShutdownMs: 1000, afterWithdrawMs: 500 } as const;

/** How long after the end of its worker the speaker is started anew. */
const restartDelayMs = 1000;

/** The routes of this site and the sessions that carry them. */
export class Routes {
  readonly #log: Logger;
  readonly #onHeard: (established: boolean) => void;
  readonly #established = new Set<string>();
  readonly #desired = new Map<IpPrefix, { readonly attributes: RouteAttributes; readonly reason: string }>();
  #speaker: BgpSpeaker;
  #peers = new Map<string, PeerOptions>();
  #restart: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isLeaving = false;

  /** `onHeard` is told whether any session is established, at each change of one. */
  constructor(log: Logger, onHeard: (established: boolean) => void) {
    this.#log = log;
    this.#onHeard = onHeard;
    this.#speaker = this.#createSpeaker();
  }

  /** Takes the wanted peers; a peer whose options changed is dialled anew, the others are not touched. */
  replacePeers(peers: readonly PeerOptions[]): void {
    const wanted = new Map(peers.map((peer) => [peer.name ?? peer.address, peer]));
    for (const [name, peer] of this.#peers) {
      const next = wanted.get(name);
      if (next === undefined || JSON.stringify(next) !== JSON.stringify(peer)) this.#forget(name);
    }
    for (const [name, peer] of wanted) {
      if (this.#peers.has(name)) continue;
      this.#peers.set(name, peer);
      this.#add(name, peer);
    }
  }

  announce(prefix: IpPrefix, attributes: RouteAttributes, reason: string): void {
    // What was decided while leaving comes too late: it would bring back what is being taken back.
    if (this.#isLeaving) return;
    this.#desired.set(prefix, { attributes, reason });
    this.#set(prefix, attributes, reason);
  }

  withdraw(prefix: IpPrefix, reason: string): void {
    this.#desired.delete(prefix);
    this.#set(prefix, null, reason);
  }

  /** Every peer with what it was told. */
  async peers(): Promise<readonly PeerSnapshot[]> {
    return this.#peers.size === 0 ? [] : (await this.#speaker.snapshot()).peers;
  }

  /** `fairlead stop` means it: GRACEFUL_SHUTDOWN, withdrawal, Cease 6/2 with a text (R24). */
  async leave(text: string): Promise<void> {
    this.#isLeaving = true;
    const routes = [...this.#desired];
    for (const [prefix, { attributes }] of routes) {
      this.#set(prefix, { ...attributes, communities: [gracefulShutdownCommunity] }, text);
    }
    if (routes.length > 0) await pause(stopSteps.afterGracefulShutdownMs);
    for (const [prefix] of routes) this.withdraw(prefix, text);
    if (routes.length > 0) await pause(stopSteps.afterWithdrawMs);
    this.#isStopped = true;
    clearTimeout(this.#restart);
    await this.#speaker.stop({ mode: 'administrative', text });
  }

  /** A process that will be back closes TCP and says nothing (R24). */
  async closeSilently(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    await this.#speaker.stop({ mode: 'silent' });
  }

  #createSpeaker(): BgpSpeaker {
    return createWorkerSpeaker({
      onEvent: (event) => {
        this.#narrate(event);
        if (event.kind === 'sessionState') this.#watch(event);
        if (event.kind === 'ended') {
          this.#established.clear();
          this.#onHeard(false);
          this.#scheduleRestart();
        }
      },
    });
  }

  #watch({ peer, state }: Extract<SpeakerEvent, { kind: 'sessionState' }>): void {
    if (state === 'established') this.#established.add(peer);
    else this.#established.delete(peer);
    this.#onHeard(this.#established.size > 0);
  }

  #scheduleRestart(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => {
      this.#speaker = this.#createSpeaker();
      for (const [prefix, { attributes, reason }] of this.#desired) this.#set(prefix, attributes, reason);
      for (const [name, peer] of this.#peers) this.#add(name, peer);
    }, restartDelayMs);
  }

  #add(name: string, peer: PeerOptions): void {
    const added = this.#speaker.addPeer(peer);
    if (!added.ok) this.#log.error({ event: 'bgp' }, `BGP peer ${name} cannot be used: ${added.fault}`);
  }

  #forget(name: string): void {
    this.#speaker.removePeer(name);
    this.#peers.delete(name);
  }

  #set(prefix: IpPrefix, attributes: RouteAttributes | null, reason: string): void {
    const set = this.#speaker.setDesired(prefix, attributes, reason);
    if (!set.ok) this.#log.error({ event: 'bgp', prefix }, `${prefix} cannot be announced: ${set.fault}`);
  }

  #narrate(event: SpeakerEvent): void {
    const fields = { event: `bgp.${event.kind}`, ...('peer' in event ? { peer: event.peer } : {}) };
    if (event.kind === 'error' || event.kind === 'ended' || event.kind === 'routeRefused')
      this.#log.error(fields, event.text);
    else if (event.kind === 'notification') this.#log.warn(fields, event.text);
    else if (event.kind === 'sessionState' && !isNews(event)) this.#log.debug(fields, event.text);
    else this.#log.info(fields, event.text);
  }
}

/** Only reaching and losing Established is news; the steps between are for debugging. */
function isNews(event: Extract<SpeakerEvent, { kind: 'sessionState' }>): boolean {
  return event.state === 'established' || event.previous === 'established';
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
