/**
 * Session settings that a release changes, one site at a time (R28, ADR 27).
 *
 * A session begins anew by other settings, and a release reaches all sites within a second: their prefixes would be gone
 * everywhere at once. So what ends a session that is up waits for this site's turn, which the decision gives; what ends
 * none is applied at once: a neighbor that is new or not up, and how routes are told. The turn ends when every session
 * that was up is up again, routers hear what they heard, and both has lasted: settings that do not work hold the other
 * sites back.
 *
 * Does not cover who speaks (routes.ts moves that without a gap), nor a start, which has no sessions to keep.
 */
import type { IpPrefix } from '#base/ip.ts';
import { sessionShape } from '#border/plan.ts';
import type { NeighborPlan } from '#border/plan.ts';
import type { SiteBgp } from '#config/bgp.ts';

/** How long sessions must have been back before the next site begins: time for routes to spread. */
export const settleMs = 5_000;

/** How far a change has come here. */
export type SessionChange = 'waiting' | 'going';

/** What is seen of the sessions of a site. */
export interface SessionEvidence {
  /** Sessions that are up, as `SPEAKER NEIGHBOR`; only by what was said of them since `sinceMs`. */
  readonly up: (sinceMs: number) => ReadonlySet<string>;
  /** Prefixes that are wanted, and that a router hears. */
  readonly heard: () => readonly IpPrefix[];
  readonly wanted: () => readonly IpPrefix[];
  readonly now: () => number;
}

interface Going {
  readonly sinceMs: number;
  readonly neighbors: readonly string[];
  /** Sessions that were up, and what routers heard. */
  readonly sessions: ReadonlySet<string>;
  readonly prefixes: readonly IpPrefix[];
}

/** What a release changes of the sessions of one site, and when. */
export class SessionStages {
  readonly #evidence: SessionEvidence;
  readonly #onChange: () => void;
  #waiting: { readonly next: SiteBgp; readonly neighbors: readonly string[] } | undefined;
  #going: Going | undefined;
  #settling: NodeJS.Timeout | undefined;

  /** `onChange` is called when a turn is over. */
  constructor(evidence: SessionEvidence, onChange: () => void) {
    this.#evidence = evidence;
    this.#onChange = onChange;
  }

  /** How far a change has come; undefined where there is none. */
  get state(): SessionChange | undefined {
    if (this.#going !== undefined) return 'going';
    return this.#waiting === undefined ? undefined : 'waiting';
  }

  /** The neighbors whose sessions change. */
  get neighbors(): readonly string[] {
    return [...new Set([...(this.#going?.neighbors ?? []), ...(this.#waiting?.neighbors ?? [])])];
  }

  /** Takes what a release wants in place of what is applied, and returns what to apply at once. */
  replace(applied: SiteBgp | undefined, next: SiteBgp | undefined): SiteBgp | undefined {
    this.#waiting = undefined;
    if (applied === undefined || next?.speaker !== applied.speaker) {
      this.#endTurn();
      return next;
    }
    this.#forget(next);
    const up = neighborsOf(this.#evidence.up(-Infinity));
    const { now, neighbors } = stage(applied, next, up);
    if (neighbors.length > 0) this.#waiting = { next, neighbors };
    return now;
  }

  /** It is this site's turn: returns what to apply; undefined where nothing waits, or the turn before is not over. */
  begin(): SiteBgp | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#going !== undefined) return undefined;
    const { next, neighbors } = waiting;
    const remaining = new Set(next.neighbors.map(({ name }) => name));
    const sessions = [...this.#evidence.up(-Infinity)].filter((session) => remaining.has(neighborOf(session)));
    this.#waiting = undefined;
    this.#going = {
      sinceMs: this.#evidence.now(),
      neighbors,
      sessions: new Set(sessions),
      prefixes: this.#evidence.heard(),
    };
    return next;
  }

  /** What is seen of the sessions may have changed. */
  look(): void {
    if (this.#going === undefined) return;
    if (!this.#isBack(this.#going)) {
      clearTimeout(this.#settling);
      this.#settling = undefined;
      return;
    }
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      if (this.#going === undefined || !this.#isBack(this.#going)) return;
      this.#endTurn();
      this.#onChange();
    }, settleMs).unref();
  }

  /** Nothing is said any more. */
  stop(): void {
    clearTimeout(this.#settling);
  }

  #isBack({ sinceMs, sessions, prefixes }: Going): boolean {
    const up = this.#evidence.up(sinceMs);
    const [wanted, heard] = [this.#evidence.wanted(), this.#evidence.heard()];
    return (
      [...sessions].every((session) => up.has(session)) &&
      prefixes.every((prefix) => !wanted.includes(prefix) || heard.includes(prefix))
    );
  }

  /** A neighbor that the newest release does not have is not waited for. */
  #forget({ neighbors }: SiteBgp): void {
    if (this.#going === undefined) return;
    const names = new Set(neighbors.map(({ name }) => name));
    const sessions = [...this.#going.sessions].filter((session) => names.has(neighborOf(session)));
    this.#going = { ...this.#going, sessions: new Set(sessions) };
  }

  #endTurn(): void {
    this.#going = undefined;
    clearTimeout(this.#settling);
    this.#settling = undefined;
  }
}

/**
 * What of a release's settings can be applied without ending a session that is up, and the neighbors whose sessions the
 * rest would end. Pure; `up` are the names of neighbors with a session.
 */
export function stage(
  applied: SiteBgp,
  next: SiteBgp,
  up: ReadonlySet<string>,
): { readonly now: SiteBgp; readonly neighbors: readonly string[] } {
  const isOther = isOtherSpeaker(applied, next);
  const wanted = new Map(next.neighbors.map((plan) => [plan.name, plan]));
  const kept = applied.neighbors.filter((plan) => {
    const after = wanted.get(plan.name);
    return up.has(plan.name) && (isOther || after === undefined || sessionShape(after) !== sessionShape(plan));
  });
  if (kept.length === 0) return { now: next, neighbors: [] };
  const names = new Set(kept.map(({ name }) => name));
  const added = next.neighbors.filter(
    (plan) => !names.has(plan.name) && !kept.some((other) => isSameRouter(plan, other)),
  );
  const neighbors = [...kept.map((plan) => toldAs(plan, wanted.get(plan.name))), ...added];
  const { routerId, asn } = applied;
  const routerIds = new Map(applied.nodes.map((node) => [node.node, node.routerId]));
  const nodes = next.nodes.map(({ node, routerId: own }) => ({ node, routerId: routerIds.get(node) ?? own }));
  return { now: { ...next, neighbors, routerId, asn, nodes }, neighbors: [...names] };
}

/** The settings of a session that goes on, with what the release says of its routes. */
function toldAs(plan: NeighborPlan, next: NeighborPlan | undefined): NeighborPlan {
  if (next === undefined) return plan;
  return { ...plan, export: next.export, prefixes: next.prefixes, blackhole: next.blackhole };
}

/** Whether a speaker would be another to its neighbors, so that all its sessions begin anew. */
function isOtherSpeaker(applied: SiteBgp, next: SiteBgp): boolean {
  const routerIds = new Map(next.nodes.map(({ node, routerId }) => [node, routerId]));
  const isOtherNode = applied.nodes.some(({ node, routerId }) => (routerIds.get(node) ?? routerId) !== routerId);
  return isOtherNode || (next.speaker === 'coordinator' && applied.routerId !== next.routerId);
}

/** Two sessions to one router would end each other. */
function isSameRouter(one: NeighborPlan, other: NeighborPlan): boolean {
  return one.address === other.address && one.port === other.port;
}

function neighborOf(session: string): string {
  return session.slice(session.indexOf(' ') + 1);
}

function neighborsOf(sessions: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...sessions].map(neighborOf));
}
