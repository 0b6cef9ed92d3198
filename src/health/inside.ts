/**
 * What a site's own agents say of a subject: node reports merged into one inside view (R4, R6, R7).
 *
 *   owner up                          up
 *   owner down, a spare is up         hold for vrrpGraceMs, then down      (VRRP is moving the VIP)
 *   owner down, no spare up           down
 *   nobody owns, a spare is up        hold for vrrpGraceMs, then down; unknown where a node is lost
 *   nobody owns, a node is lost       unknown                              (the lost one may own it)
 *   nobody owns, no spare up          down
 *   no fresh report                   unknown                              (no reason where the site has no agents)
 *
 * Where no node speaks of the VIP at all, VRRP is not in use and each node counts as an owner.
 */
import type { MonoMs } from '#base/time.ts';
import { after } from '#base/time.ts';
import type { Subject } from './model.ts';
import type { Report, ServiceReport } from './report.ts';

/** What the inside of a site says of one subject. */
export type Inside =
  | Settled
  /** Keep the verdict: the owner is gone while a spare lives, or nobody has had the time to speak. */
  | { readonly kind: 'hold'; readonly reason: string };

/** A plain word of the inside; `changePending` while the state is held over a restart of the proxy (R7). */
interface Settled {
  readonly kind: 'up' | 'down' | 'draining' | 'unknown';
  readonly reason: string;
  readonly changePending: boolean;
}

/** A node as this subject sees it; `report` is absent when its lease ran out or it never reported. */
export interface NodeView {
  readonly node: string;
  readonly report: Report | undefined;
}

/** How long nobody that is up has owned the VIP; undefined while somebody does. */
export type GapSince = MonoMs | undefined;

interface Speaker {
  readonly node: string;
  readonly service: ServiceReport;
  readonly owned: boolean | undefined;
}

/** Merges the nodes' reports; `gapSince` is carried from one call to the next. */
export function viewInside(
  subject: Subject,
  nodes: readonly NodeView[],
  gap: { readonly since: GapSince; readonly nowMs: MonoMs },
): { readonly inside: Inside; readonly gapSince: GapSince; readonly owners: readonly string[] } {
  const speakers = nodes.flatMap((view) => speakerOf(subject, view));
  if (speakers.length === 0) {
    const reason = nodes.length === 0 ? '' : `no fresh report from ${listNodes(nodes)}`;
    return { inside: settled('unknown', reason), gapSince: undefined, owners: [] };
  }
  const usesVrrp = speakers.some((speaker) => speaker.owned !== undefined);
  const owners = usesVrrp ? speakers.filter((speaker) => speaker.owned === true) : speakers;
  const ownerNames = usesVrrp ? owners.map((owner) => owner.node) : [];
  const best = pickBest(owners);
  if (best !== undefined && best.service.state !== 'down') {
    return { inside: fromOwner(best), gapSince: undefined, owners: ownerNames };
  }
  const spare = speakers.find((speaker) => !owners.includes(speaker) && speaker.service.state === 'up');
  const without = withoutOwner(subject, nodes, best);
  if (spare === undefined) return { inside: without, gapSince: undefined, owners: ownerNames };
  const gapSince = gap.since ?? gap.nowMs;
  const inside: Inside =
    gap.nowMs < after(gapSince, subject.vrrpGraceMs)
      ? { kind: 'hold', reason: `${without.reason}, ${spare.node} is up: waiting for VRRP` }
      : settled(without.kind, `${without.reason}, and ${spare.node} did not take over in ${subject.vrrpGraceMs}ms`);
  return { inside, gapSince, owners: ownerNames };
}

/** Whether the site itself says that failing probes mean nothing now: the VIP moves (R6) or the proxy restarts (R7). */
export function isHeld(inside: Inside): boolean {
  return inside.kind === 'hold' || inside.changePending;
}

/** What holds while no node that works owns the VIP and none is about to; a lost node may still own it. */
function withoutOwner(subject: Subject, nodes: readonly NodeView[], owner: Speaker | undefined): Settled {
  if (owner !== undefined) return settled('down', `${owner.node}: ${owner.service.reason}`);
  const lost = nodes.filter((view) => view.report === undefined);
  if (lost.length === 0) return settled('down', `nobody owns ${subject.vip}`);
  return settled('unknown', `no owner of ${subject.vip} is known, ${listNodes(lost)} is silent`);
}

function speakerOf(subject: Subject, view: NodeView): Speaker[] {
  const service = view.report?.services.find((entry) => entry.service === subject.service);
  if (service === undefined) return [];
  const vip = view.report?.vips.find((entry) => entry.address === subject.vip);
  return [{ node: view.node, service, owned: vip?.owned }];
}

const preference = { up: 0, unknown: 1, draining: 2, down: 3 } as const;

/** Of several owners the one in the best state: two owners both answer, so one that works is enough. */
function pickBest(owners: readonly Speaker[]): Speaker | undefined {
  return owners.toSorted((a, b) => preference[a.service.state] - preference[b.service.state])[0];
}

function fromOwner(owner: Speaker): Settled {
  const { state, reason, holding } = owner.service;
  const text = `${owner.node}: ${holding ?? reason}`;
  return { kind: state, reason: text, changePending: holding !== undefined };
}

function settled(kind: 'up' | 'down' | 'draining' | 'unknown', reason: string): Settled {
  return { kind, reason, changePending: false };
}

function listNodes(nodes: readonly NodeView[]): string {
  return nodes.map((view) => view.node).join(', ');
}
