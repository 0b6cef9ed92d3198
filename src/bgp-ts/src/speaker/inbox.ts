/**
 * What comes in from one peer: UPDATEs into Adj-RIB-In where something is imported, and the news of it in one batch for
 * whatever arrived together. Nothing is kept when the session ends: this side helps no peer through a restart. Pure.
 */
import type { ImportContext, ImportPolicy } from '../rib/adj-rib-in.ts';
import { AdjRibIn } from '../rib/adj-rib-in.ts';
import type { SessionReset } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import { endOfRibFamily } from '../wire/update-encode.ts';
import { describeFaults, describeReceived } from './describe.ts';
import type { SpeakerEvent } from './types.ts';

/** A session that is up. */
export interface InboxContext extends ImportContext {
  /** The peer has the capability of graceful restart, so that it says when its table is out. */
  readonly hasPeerRestart: boolean;
}

/** The inbox of one peer. */
export class Inbox {
  readonly rib: AdjRibIn | undefined;
  readonly #peer: string;
  readonly #maxPrefixes: number;
  #context: InboxContext | undefined;
  readonly #ended = new Set<Family>();
  #faulty: DecodedUpdate[] = [];

  /** `policy` undefined: nothing is imported. */
  constructor(peer: string, policy: ImportPolicy | undefined) {
    this.#peer = peer;
    this.rib = policy === undefined ? undefined : new AdjRibIn(policy);
    this.#maxPrefixes = policy?.maxPrefixes ?? 0;
  }

  /** The session is up. */
  open(context: InboxContext): void {
    this.#context = context;
    this.#ended.clear();
  }

  /** The session is gone; returns the news. */
  close(reason: string): readonly SpeakerEvent[] {
    this.#context = undefined;
    this.rib?.endSession();
    return [...this.#faults(), ...this.#received(`the session ended, ${reason}`)];
  }

  /** Takes an UPDATE in; returns how the session has to end, where it has to. */
  take(update: DecodedUpdate, nowMs: number): SessionReset | undefined {
    if (this.#context === undefined) return undefined;
    if (update.severity !== 'none') this.#faulty.push(update);
    const ended = update.severity === 'none' ? endOfRibFamily(update) : undefined;
    if (ended !== undefined) this.#ended.add(ended);
    const family = this.rib?.take(update, this.#context, nowMs);
    return family === undefined ? undefined : { mode: 'maxPrefixes', family, limit: this.#maxPrefixes };
  }

  /** The peer sends a family again, or has; a beginning before the first table is out does not count (RFC 7313 §4). */
  markRefresh(family: Family, mark: 'begin' | 'end'): void {
    if (mark === 'end') this.rib?.endRefresh(family);
    else if (this.#context?.hasPeerRestart !== true || this.#ended.has(family)) this.rib?.beginRefresh(family);
  }

  /** The news since the last call. */
  takeEvents(): readonly SpeakerEvent[] {
    return [...this.#faults(), ...this.#received('the peer withdrew them')];
  }

  #faults(): readonly SpeakerEvent[] {
    const described = describeFaults(this.#peer, this.#faulty);
    this.#faulty = [];
    return described === undefined ? [] : [described];
  }

  #received(cause: string): readonly SpeakerEvent[] {
    return this.rib === undefined ? [] : describeReceived(this.#peer, this.rib.takeChanges(), cause);
  }
}
