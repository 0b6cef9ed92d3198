/**
 * The BFD side of a border: one session for each neighbor that has one, in a worker of its own, which is started anew
 * where it ends by itself. Says when a session came up and when it failed; a peer that says AdminDown has not failed
 * (RFC 5882 §4.2).
 */
import type { BfdEvent, BfdSessionOptions, BfdSnapshot, BfdSpeaker } from 'bgp-ts';
import type { Logger } from 'pino';

/** How long after the end of its worker BFD is started anew. */
const restartDelayMs = 1000;

/** What is told of sessions. */
export interface BfdSessionsOptions {
  readonly log: Logger;
  readonly create: (options: { readonly onEvent: (event: BfdEvent) => void }) => BfdSpeaker;
  readonly onUp: (name: string) => void;
  /** It was up, and the peer is silent or says that it is down. */
  readonly onFailed: (name: string) => void;
}

/** Runs BFD for neighbors. */
export class BfdSessions {
  readonly #options: BfdSessionsOptions;
  readonly #wanted = new Map<string, BfdSessionOptions>();
  readonly #up = new Set<string>();
  #speaker: BfdSpeaker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: BfdSessionsOptions) {
    this.#options = options;
  }

  isUp(name: string): boolean {
    return this.#up.has(name);
  }

  /** Starts a session; the fault is a sentence. */
  add(name: string, options: BfdSessionOptions): void {
    this.#wanted.set(name, options);
    // All sessions are opened then, this one too.
    if (this.#restart !== undefined) return;
    this.#speaker ??= this.#start();
    this.#open(this.#speaker, name, options);
  }

  remove(name: string): void {
    if (!this.#wanted.delete(name)) return;
    this.#up.delete(name);
    this.#speaker?.removeSession(name);
  }

  async snapshot(): Promise<ReadonlyMap<string, BfdSnapshot>> {
    const sessions = (await this.#speaker?.snapshot()) ?? [];
    return new Map(sessions.map((session) => [session.name, session]));
  }

  /** Ends; `isSilent` where the process will be back, so that the peer does not hear AdminDown. */
  async stop(how: { readonly isSilent: boolean }): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    await this.#speaker?.stop(how);
  }

  #start(): BfdSpeaker {
    return this.#options.create({ onEvent: (event) => this.#take(event) });
  }

  #open(speaker: BfdSpeaker, name: string, options: BfdSessionOptions): void {
    const added = speaker.addSession(options);
    if (!added.ok) this.#options.log.error({ event: 'bfd', peer: name }, `BFD with ${name} cannot run: ${added.fault}`);
  }

  #take(event: BfdEvent): void {
    if (this.#isStopped) return;
    const { log, onUp, onFailed } = this.#options;
    if (event.kind === 'error') {
      log.error({ event: 'bfd.error' }, event.text);
      return;
    }
    // A session that met a bug of ours is AdminDown until it starts anew, which is no failure either.
    if (event.kind === 'fault') {
      log.error({ event: 'bfd.fault', peer: event.session, stack: event.stack }, event.text);
      return;
    }
    if (event.kind === 'ended') {
      log.error({ event: 'bfd.ended' }, event.text);
      this.#revive();
      return;
    }
    const { session, state, previous, isPeerAdminDown } = event;
    const isNews = state === 'up' || previous === 'up';
    log[isNews ? 'info' : 'debug']({ event: 'bfd.state', peer: session }, event.text);
    if (state === 'up') {
      this.#up.add(session);
      onUp(session);
    } else if (this.#up.delete(session) && !isPeerAdminDown && state !== 'adminDown') onFailed(session);
  }

  /** Our own worker that ended says nothing about the peers: no session of BGP ends for it. */
  #revive(): void {
    this.#up.clear();
    this.#speaker = undefined;
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      const speaker = this.#start();
      this.#speaker = speaker;
      for (const [name, options] of this.#wanted) this.#open(speaker, name, options);
    }, restartDelayMs);
  }
}
