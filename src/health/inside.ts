/**
 * What a site's own agents say of a subject: node reports merged into one inside view (R4, R6, R7).
 *
 *   owner up                          up
 *   owner down, a spare is up         hold for vrrpGraceMs, then down      (VRRP is moving the VIP)
 *   owner down, no spare up           down
 *   nobody owns, a node is lost       unknown                              (the lost one may own it)
 *   nobody owns, a spare is up        hold for vrrpGraceMs, then down
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
  | { readonly kind: 'up' | 'down' | 'draining' | 'unknown'; readonly reason: string; readonly changePending: boolean }
  /** Keep the verdict: the owner is gone while a spare lives, or nobody has had the time to speak. */
  | { readonly kind: 'hold'; readonly reason: string };

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
  const lost = nodes.filter((view) => view.report === undefined);
  if (best === undefined && lost.length > 0) {
    const reason = `no owner of ${subject.vip} is known, ${listNodes(lost)} is silent`;
    return { inside: settled('unknown', reason), gapSince: undefined, owners: [] };
  }
  const trouble = best === undefined ? `nobody owns ${subject.vip}` : ownerTrouble(best);
  const spare = speakers.find((speaker) => !owners.includes(speaker) && speaker.service.state === 'up');
  if (spare === undefined) return { inside: settled('down', trouble), gapSince: undefined, owners: ownerNames };
  const gapSince = gap.since ?? gap.nowMs;
  const until = after(gapSince, subject.vrrpGraceMs);
  const inside: Inside =
    gap.nowMs < until
      ? { kind: 'hold', reason: `${trouble}, ${spare.node} is up: waiting for VRRP` }
      : settled('down', `${trouble}, and ${spare.node} did not take over in ${subject.vrrpGraceMs}ms`);
  return { inside, gapSince, owners: ownerNames };
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

function fromOwner(owner: Speaker): Inside {
  const { state, reason, holding } = owner.service;
  const text = `${owner.node}: ${holding ?? reason}`;
  return { kind: state, reason: text, changePending: holding !== undefined };
}

function ownerTrouble(owner: Speaker): string {
  return `${owner.node}: ${owner.service.reason}`;
}

function settled(kind: 'up' | 'down' | 'draining' | 'unknown', reason: string): Inside {
  return { kind, reason, changePending: false };
}

function listNodes(nodes: readonly NodeView[]): string {
  return nodes.map((view) => view.node).join(', ');
}
