/**
 * What a live session lacks beside what the release asks for, and what to do about it. Pure: looks at what both sides
 * agreed on, BFD, what was told, and what the kernel dropped.
 */
import type { BgpStatus } from '#api/bgp.ts';
import type { KernelDrops } from '#border/kernel-drops.ts';
import type { NeighborPlan } from '#border/plan.ts';
import type { NeighborSnapshot, Negotiated } from '#border/snapshot.ts';
import { mayBeTold } from './facts.ts';

/** One thing that is not as it should be. */
export interface Finding {
  /** Speaker and neighbor; empty for what is about the machine. */
  readonly where: string;
  readonly fault: string;
  readonly remedy: string;
}

/** Examines everything. */
export function examine(status: BgpStatus): readonly Finding[] {
  const plans = new Map(status.bgp?.neighbors.map((plan) => [plan.name, plan]));
  const sessions = status.speakers.flatMap(({ speaker, ageMs, neighbors, kernel = status.kernel }) => {
    if (status.bgp?.mode === 'nodes' && ageMs === undefined) {
      const remedy = `look at the agent of ${speaker}: does it run, and is this coordinator in its config?`;
      return [{ where: speaker, fault: 'the node has not reported', remedy }];
    }
    return neighbors.flatMap((neighbor) => {
      const plan = plans.get(neighbor.name);
      const where = `${speaker} ${neighbor.name}`;
      return plan === undefined
        ? []
        : examineSession({ ...status, kernel }, plan, neighbor).map((found) => ({ where, ...found }));
    });
  });
  return [...examineChange(status), ...sessions, ...examineRoutes(status), ...examineSite(status)];
}

type Found = Omit<Finding, 'where'>;

function examineSession(status: BgpStatus, plan: NeighborPlan, neighbor: NeighborSnapshot): readonly Found[] {
  const bfd = examineBfd(plan, neighbor);
  if (neighbor.negotiated !== undefined) return [...examineAgreed(status, plan, neighbor.negotiated), ...bfd];
  const fault = `the session is ${neighbor.state}: ${neighbor.reason}`;
  return [{ fault, remedy: remedyOf(status, plan, neighbor) }, ...bfd];
}

/** What to do about a session that is not up; `kernel` is that of the machine that speaks. */
function remedyOf(
  { kernel }: { readonly kernel: KernelDrops },
  plan: NeighborPlan,
  { state, reason }: NeighborSnapshot,
): string {
  if (state === 'refused') return 'mend what is said there, on the machine that speaks';
  if (state === 'waiting') return 'make BFD come up, or take `strict` from its `bfd`';
  if (/2\/2|bad peer AS/i.test(reason))
    return `the router expects another AS than ${plan.localAsn}, or is not AS ${plan.peerAsn}`;
  if (/2\/11|role/i.test(reason)) return 'give the router the role that is the counterpart of ours';
  // Neither a wrong key nor too low a TTL is answered by anyone: what is not heard may be either.
  const { md5Failures, minTtlDrops } = kernel;
  return [
    ...(plan.md5Key === undefined
      ? []
      : [`compare the TCP-MD5 key '${plan.md5Key}' on both sides${dropped(md5Failures)}`]),
    ...(plan.ttlSecurityHops === undefined ? [] : [`see that GTSM is on at the router, too${dropped(minTtlDrops)}`]),
    "compare addresses and AS numbers with what 'fairlead doctor bgp --for KIND' prints for this router",
  ].join('; ');
}

function dropped(count: number): string {
  return count === 0 ? '' : ` (${count} segments were dropped for it here since the start of the machine)`;
}

function examineAgreed(status: BgpStatus, plan: NeighborPlan, agreed: Negotiated): readonly Found[] {
  const found: Found[] = [];
  const add = (fault: string, remedy: string): void => void found.push({ fault, remedy });
  for (const [family, mark] of [
    ['ipv4-unicast', '.'],
    ['ipv6-unicast', ':'],
  ] as const) {
    const isNeeded = status.prefixes.some(({ prefix }) => prefix.includes(mark) && mayBeTold(plan, prefix));
    if (isNeeded && !agreed.families.includes(family)) {
      add(`${family} is not agreed on, and there are prefixes of it`, `turn on ${family} for us at the router`);
    }
  }
  if (plan.gracefulRestart !== undefined && agreed.gracefulRestart === undefined) {
    const fault = 'the router does no graceful restart: a restart of the coordinator withdraws every route';
    add(fault, 'let the router help with graceful restart, and keep a static floor there');
  }
  if (plan.gracefulRestart?.hasNotification === true && agreed.gracefulRestart?.hasNotification === false) {
    const fault = 'the router does not know RFC 8538: a NOTIFICATION drops the routes in spite of graceful restart';
    add(fault, "nothing to do but a newer release of the router's system; the static floor helps");
  }
  if (plan.holdTimeSeconds > 0 && agreed.holdTimeSeconds < plan.holdTimeSeconds) {
    const fault = `the hold time is ${agreed.holdTimeSeconds} s, the router asked for less than ${plan.holdTimeSeconds} s`;
    add(fault, 'give both sides the same');
  }
  if (!agreed.fourOctetAs)
    add('the router does not know AS numbers of four octets', 'nothing, unless loops are judged by AS paths');
  if (plan.extendedNextHop && !agreed.extendedNextHop) {
    add(
      'IPv4 routes with IPv6 next hops are not agreed on (RFC 8950)',
      'turn on extended next hop for us at the router',
    );
  }
  if (plan.role !== undefined && agreed.peerRole === undefined) {
    add('the router tells no role (RFC 9234)', 'give it the counterpart of ours, or leave `role` away');
  }
  return found;
}

function examineBfd(plan: NeighborPlan, { bfd }: NeighborSnapshot): readonly Found[] {
  if (plan.bfd === undefined) return [];
  if (bfd === undefined) {
    return [{ fault: 'BFD does not run', remedy: "look at the speaker's log: a system call was refused" }];
  }
  if (bfd.state === 'up') return [];
  const fault = `BFD is ${bfd.state}: ${bfd.reason}`;
  const { intervalMs, multiplier } = plan.bfd;
  return [
    { fault, remedy: `turn on BFD for us at the router, ${intervalMs} ms x ${multiplier}; it needs UDP 3784 (4784)` },
  ];
}

/** What an established session cannot be told, or has not been yet. */
function examineRoutes(status: BgpStatus): readonly Finding[] {
  const sessions = status.speakers.flatMap(({ speaker, neighbors }) =>
    neighbors.filter(({ state }) => state === 'established').map((neighbor) => ({ speaker, neighbor })),
  );
  return sessions.flatMap(({ speaker, neighbor }) =>
    neighbor.plan.flatMap(({ change, prefix, refusal }) => {
      const where = `${speaker} ${neighbor.name}`;
      if (change === 'keep') return [];
      if (change === 'refuse') {
        const fault = `${prefix} cannot be told: ${refusal ?? 'it is not permitted'}`;
        return [{ where, fault, remedy: 'agree with the router on the family of the prefix, or change its next hop' }];
      }
      const fault = `${prefix} is not told as it is wanted yet`;
      return [
        { where, fault, remedy: "look at 'fairlead bgp --plan' in a moment: does the router read what it is sent?" },
      ];
    }),
  );
}

/** Session settings of the release that are not in force here (R28). */
function examineChange({ site, sessionChange }: BgpStatus): readonly Finding[] {
  if (sessionChange === undefined) return [];
  const { state, neighbors, reason } = sessionChange;
  const names = neighbors.join(', ');
  if (state === 'waiting') {
    const fault = `the release's session settings of ${names} wait: ${reason}`;
    return [{ where: site, fault, remedy: "look at 'fairlead bgp' of the site that is named" }];
  }
  const fault = `sessions with ${names} have begun anew by the release, and the other sites wait until they are back`;
  return [{ where: site, fault, remedy: 'give them a moment; if they stay down, mend the settings or roll back' }];
}

function examineSite({ bgp, site }: BgpStatus): readonly Finding[] {
  if (bgp?.neighbors.length !== 1) return [];
  const fault = `${site} has one border router: what reloads it takes the site's prefixes away`;
  return [{ where: '', fault, remedy: 'add a second neighbor where there is a second router' }];
}
