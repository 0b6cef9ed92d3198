/**
 * A node that a person stops asks the coordinator of its site whether it may go (R19, R24, ADR 32): in each report, until
 * an answer says so.
 *
 *   granted                                another node tells its routes, or other sites serve them
 *   refused                                it stays, and so does its process
 *   no word of it for `silentMs`           it goes without: whoever stands before the node means it (R23, R30)
 *   words, and none of these, for `longestMs`   it stays
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { LeaveAnswer } from '#border/instruction.ts';

/** How long a coordinator that says nothing of leaving is waited for: two reports that are lost, and a third. */
export const silentMs = 5000;

/** How long one that does not decide is: longer than other sites are asked for two nodes, one after the other. */
export const longestMs = 30_000;

/** Between two reports that ask. */
const askIntervalMs = 250;

/** What it stands on. */
export interface LeaveAskingParts {
  /** Sends a report, which has the wish in it, at once. */
  readonly hurry: () => void;
  readonly now: () => number;
}

/** It may go; the warning says where nobody was asked. */
export type Leave = Result<{ readonly warning: string | undefined }, string>;

interface Asked {
  readonly forced: readonly string[];
  readonly sinceMs: number;
  /** When a coordinator last said anything of it. */
  heardMs: number;
  said: string;
  readonly timer: NodeJS.Timeout;
  readonly decided: PromiseWithResolvers<Leave>;
}

/** The wish of one node to leave. */
export class LeaveAsking {
  readonly #parts: LeaveAskingParts;
  #asked: Asked | undefined;
  /** What it may pass over; stays in the reports once it may go. */
  #wish: { readonly forced: string[] } | undefined;

  constructor(parts: LeaveAskingParts) {
    this.#parts = parts;
  }

  /** What a report says of it; undefined where nobody wants it to leave. */
  get wish(): { readonly forced: string[] } | undefined {
    return this.#wish;
  }

  /** Resolves when it may go, or is to stay; a second wish waits for the first one's answer. */
  ask(forced: readonly string[]): Promise<Leave> {
    if (this.#asked !== undefined) return this.#asked.decided.promise;
    const { hurry, now } = this.#parts;
    const sinceMs = now();
    const timer = setInterval(() => {
      this.#look();
      if (this.#asked !== undefined) hurry();
    }, askIntervalMs);
    const decided = Promise.withResolvers<Leave>();
    this.#asked = { forced, sinceMs, heardMs: sinceMs, said: '', timer, decided };
    this.#wish = { forced: [...forced] };
    hurry();
    return decided.promise;
  }

  /** Takes what the coordinator answered. */
  take({ verdict, reason }: LeaveAnswer): void {
    if (this.#asked === undefined) return;
    this.#asked.heardMs = this.#parts.now();
    this.#asked.said = reason;
    if (verdict === 'granted') this.#decide(succeed({ warning: undefined }));
    else if (verdict === 'refused') this.#decide(refuse(reason));
  }

  /** It ends, or begins anew, for another reason: who still waits is told why. */
  end(reason: string): void {
    if (this.#asked !== undefined) this.#decide(refuse(reason));
  }

  #look(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const nowMs = this.#parts.now();
    if (nowMs - asked.heardMs >= silentMs) {
      const warning = `no coordinator of this site has said for ${silentMs / 1000} s whether another serves its routes: it goes without asking`;
      this.#decide(succeed({ warning }));
    } else if (nowMs - asked.sinceMs >= longestMs) {
      this.#decide(refuse(`the coordinator has not decided within ${longestMs / 1000} s: ${asked.said}`));
    }
  }

  #decide(leave: Leave): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    clearInterval(asked.timer);
    this.#asked = undefined;
    if (!leave.ok) this.#wish = undefined;
    this.#parts.hurry();
    asked.decided.resolve(leave);
  }
}
