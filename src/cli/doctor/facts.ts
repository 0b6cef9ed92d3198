/**
 * What a border router must be told of us, by neighbor and speaker: the input of the printers of this folder, one for
 * each kind of router. Everything is seen from the router: `peer` is our end.
 */
import { familyOf, parseIp, parsePrefix } from '#base/ip.ts';
import type { BgpStatus } from '#api/bgp.ts';
import type { NeighborPlan } from '#border/plan.ts';

/** A prefix that the router is to accept. */
export interface FactPrefix {
  readonly prefix: string;
  /** Where traffic goes while nobody speaks: a static route there is the floor. Undefined where our end forwards. */
  readonly floorNextHop: string | undefined;
}

/** One session as its router sees it. */
export interface RouterFacts {
  readonly site: string;
  readonly neighbor: string;
  readonly speaker: string;
  /** A word of letters, digits and underscores that tells this session apart. */
  readonly label: string;
  readonly routerAddress: string;
  readonly routerPort: number;
  readonly routerAsn: number;
  readonly peerAddress: string;
  /** Where `peerAddress` is a guess, what to check. */
  readonly peerAddressNote: string | undefined;
  readonly peerAsn: number;
  readonly isExternal: boolean;
  readonly holdTimeSeconds: number;
  readonly multihop: number | undefined;
  readonly ttlSecurityHops: number | undefined;
  readonly hasMd5: boolean;
  /** Whether the router must wait for us to connect, or connect itself. */
  readonly connection: NeighborPlan['connection'];
  /** The router's own role (RFC 9234), the counterpart of ours. */
  readonly role: { readonly local: NonNullable<NeighborPlan['role']>['local']; readonly isStrict: boolean } | undefined;
  readonly gracefulRestart: boolean;
  readonly bfd: NeighborPlan['bfd'];
  readonly extendedNextHop: boolean;
  readonly ipv4: readonly FactPrefix[];
  readonly ipv6: readonly FactPrefix[];
  /** Of each family: more would be a leak. */
  readonly maxPrefixes: number;
}

/** The text that stands for a secret. */
export const md5Placeholder = 'CHANGE-ME';

/** All sessions of a site; `only` keeps one neighbor's. */
export function routerFacts(status: BgpStatus, only: string | undefined): readonly RouterFacts[] {
  const plans = (status.bgp?.neighbors ?? []).filter(({ name }) => only === undefined || name === only);
  return plans.flatMap((plan) =>
    status.speakers.map(({ speaker, routerId, neighbors }) => {
      const session = neighbors.find(({ name }) => name === plan.name)?.negotiated;
      return factsOf(status, plan, { speaker, routerId, localAddress: session?.localAddress });
    }),
  );
}

/** Our end of a session, as far as it is known. */
interface OurEnd {
  readonly speaker: string;
  readonly routerId: string;
  readonly localAddress: string | undefined;
}

function factsOf(status: BgpStatus, plan: NeighborPlan, { speaker, routerId, localAddress }: OurEnd): RouterFacts {
  const isByNodes = status.bgp?.mode === 'nodes';
  const { address, note } = peerAddressOf(plan.localAddress ?? localAddress, plan, routerId);
  const prefixes = status.prefixes.filter(({ prefix }) => mayBeTold(plan, prefix));
  const ofFamily = (family: 4 | 6): FactPrefix[] =>
    prefixes.flatMap(({ prefix, nextHop }) => {
      const parsed = parsePrefix(prefix);
      if (parsed === undefined || familyOf(parsed) !== family) return [];
      return [{ prefix, floorNextHop: nextHop === 'self' ? undefined : nextHop }];
    });
  const [ipv4, ipv6] = [ofFamily(4), ofFamily(6)];
  return {
    site: status.site,
    neighbor: plan.name,
    speaker,
    label: `fairlead_${[status.site, plan.name, ...(isByNodes ? [speaker] : [])].join('_')}`.replaceAll(/\W/g, '_'),
    routerAddress: plan.address,
    routerPort: plan.port,
    routerAsn: plan.peerAsn,
    peerAddress: address,
    peerAddressNote: note,
    peerAsn: plan.localAsn,
    isExternal: plan.peerAsn !== plan.localAsn,
    holdTimeSeconds: plan.holdTimeSeconds,
    multihop: plan.multihop,
    ttlSecurityHops: plan.ttlSecurityHops,
    hasMd5: plan.md5Key !== undefined,
    connection: plan.connection,
    role: plan.role && { local: counterparts[plan.role.local], isStrict: plan.role.isStrict },
    gracefulRestart: plan.gracefulRestart !== undefined,
    bfd: plan.bfd,
    extendedNextHop: plan.extendedNextHop,
    ipv4,
    ipv6,
    maxPrefixes: Math.max(ipv4.length, ipv6.length) + spareForBlackholes,
  };
}

/** Single hosts that an operator may have discarded at once, beside the prefixes. */
const spareForBlackholes = 10;

const counterparts = {
  provider: 'customer',
  customer: 'provider',
  routeServer: 'routeServerClient',
  routeServerClient: 'routeServer',
  peer: 'peer',
} as const;

function peerAddressOf(
  known: string | undefined,
  plan: NeighborPlan,
  routerId: string,
): { readonly address: string; readonly note: string | undefined } {
  if (known !== undefined) return { address: known, note: undefined };
  const own = parseIp(routerId);
  if (own !== undefined && familyOf(plan.address) === 4) {
    return { address: own, note: `${own} is the router id of our end: put its address here if that is another` };
  }
  return { address: '2001:db8::1', note: '2001:db8::1 stands for the address of our end, which is not in the release' };
}

/** A comment line for each thing that a person must look at, and what the block is. */
export function headLines(facts: RouterFacts, mark: string): readonly string[] {
  const { site, neighbor, speaker, routerAsn, peerAsn, peerAddressNote, hasMd5 } = facts;
  return [
    `${mark} ${neighbor} (AS ${routerAsn}) towards fairlead at ${site} (AS ${peerAsn}, ${speaker})`,
    ...(peerAddressNote === undefined ? [] : [`${mark} ${peerAddressNote}`]),
    ...(hasMd5 ? [`${mark} ${md5Placeholder} stands for the TCP-MD5 key`] : []),
  ];
}

/** Whether a neighbor's own settings let it hear a prefix. */
export function mayBeTold(plan: NeighborPlan, text: string): boolean {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return false;
  const family = familyOf(prefix) === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  return plan.families.includes(family) && (plan.prefixes === undefined || plan.prefixes.includes(prefix));
}
