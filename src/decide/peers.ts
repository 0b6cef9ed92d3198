/** What the reports of other coordinators mean for this one's decision (R19, R25, R27). Pure: reads, decides nothing. */
import type { IpPrefix } from '#base/ip.ts';
import type { HealthEngine } from '#health/engine.ts';
import type { SiteId } from '#health/model.ts';
import type { AnchorReport, Override, PeerReport } from '#health/report.ts';
import type { PeerAnchor } from '#steering/safety/anchor.ts';
import type { Voters } from './failovers.ts';

/** Those who are heard now, as the health engine keeps them. */
export type FreshPeers = ReturnType<HealthEngine['freshPeers']>;

/** This coordinator's site, and the sites of all, by the release. */
export interface Coordinators {
  readonly own: SiteId;
  readonly all: readonly SiteId[];
}

/** How each peer that is heard stands to a prefix. */
export function anchorsOf(peers: FreshPeers, prefix: IpPrefix): readonly PeerAnchor[] {
  return peers.flatMap(({ sender, report, receivedAt }) => {
    const anchor = report.anchors.find((candidate) => candidate.prefix === prefix);
    return anchor === undefined ? [] : [{ site: sender, report: anchor, receivedAt }];
  });
}

/** Whether all others follow an override; one that is silent may still answer, so it is waited for, too (R25). */
export function isAcknowledged(override: Override, peers: FreshPeers, { own, all }: Coordinators): boolean {
  const follows = peers.flatMap(({ sender, report }) =>
    report.appliedOverrides.includes(override.id) ? [sender] : [],
  );
  return all.every((site) => site === own || follows.includes(site));
}

/** Coordinators that a failover may rest on: heard, trusting themselves, and of a site that the release has (R27). */
export function votersAmong(peers: FreshPeers, { own, all }: Coordinators): Omit<Voters, 'isSane'> {
  const voting = peers.flatMap(({ sender, report }) => {
    const mayVote = report.sane && sender !== own && all.includes(sender);
    return mayVote ? [{ voter: sender, failovers: report.failovers ?? [] }] : [];
  });
  return { count: new Set([own, ...all]).size, peers: voting };
}

/**
 * Whether the sender no longer serves a prefix whose anchor is held here: it may leave only on a word that comes after
 * its own failure (R19), so it gets one at once. `before` is what it told last.
 */
export function awaitsAnswer(
  { anchors }: PeerReport,
  before: readonly AnchorReport[],
  own: readonly AnchorReport[],
): boolean {
  const held = own.filter((anchor) => anchor.holds);
  return anchors.some(
    ({ prefix, serving }) =>
      !serving &&
      held.some((anchor) => anchor.prefix === prefix) &&
      before.some((anchor) => anchor.prefix === prefix && anchor.serving),
  );
}
