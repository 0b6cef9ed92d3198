/**
 * How a service is steered, compiled from a release: what it may answer, the steps that choose, and what is done when
 * nothing is left. Plain data that can be posted to threads; built by the room `config`.
 *
 * Two sides read it. Whoever decides (answers.ts, R8, R22, R27) tells by the SteeringTable which endpoints may be
 * answered: those of a tier that waits for a person or for its time are not answerable there. Whoever answers runs the
 * steps over what is answerable.
 */
import type { Family, IpAddress, IpPrefix } from '#base/ip.ts';
import type { Coordinates } from '#geo/distance.ts';
import type { ServiceId, SiteId, SubjectKey } from '#health/model.ts';

/** When a change of the active tier is carried out (R27). */
export type FailoverMode =
  | { readonly kind: 'auto' }
  /** A person says when. */
  | { readonly kind: 'manual' }
  /** Once it has been due for so long. */
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'window'; readonly window: TimeWindow };

/** A part of days, in UTC. */
export interface TimeWindow {
  /** The days on which it begins: 0 is Sunday, 6 is Saturday; never empty. */
  readonly days: readonly number[];
  /** Minutes after midnight, 0 to 1439. It ends on the next day where `toMinute` is not after `fromMinute`. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** When a service leaves a tier that is down, and when it returns to one that is up again (R27). */
export interface FailoverModes {
  readonly failover: FailoverMode;
  readonly failback: FailoverMode;
}

/** What is answered while everything is down (R8). */
export type OnAllDown = 'failOpen' | 'nodata' | 'fallback';

/** Shares of an endpoint's capacity, in percent: above the target it hands clients on, at the maximum all new ones (R22). */
export interface LoadLimits {
  readonly targetPercent: number;
  readonly maxPercent: number;
}

/** What steps call a member: its site or its service. No two members of a service share a name. */
export type MemberName = string;

/** One endpoint as it is answered. */
export interface MemberEndpoint {
  readonly subject: SubjectKey;
  readonly family: Family;
  readonly answer: IpAddress;
  /** As configured, 0 to 65,535; what applies now is in the SteeringTable. */
  readonly weight: number;
}

/** What a service chooses among: itself at one site, in each family that it has there, or another service. */
export type PolicyMember =
  | {
      readonly kind: 'site';
      readonly name: SiteId;
      readonly location: Coordinates;
      readonly endpoints: readonly MemberEndpoint[];
      /** The host name that leads there, for answers of type CNAME. */
      readonly hostName: string | undefined;
    }
  | { readonly kind: 'service'; readonly name: ServiceId; readonly weight: number };

/** What a rule of `geo` looks at. */
export type GeoMatch =
  | { readonly kind: 'prefix'; readonly prefix: IpPrefix }
  | { readonly kind: 'asn'; readonly asn: number }
  | { readonly kind: 'region'; readonly country: string; readonly region: string }
  | { readonly kind: 'country'; readonly country: string }
  | { readonly kind: 'continent'; readonly continent: string };

/** Which members clients of a place are led to, where they are up. */
export interface GeoRule {
  readonly match: GeoMatch;
  readonly members: readonly MemberName[];
}

/** How much of a client's address is its identity: clients that share so many bits are one. */
export interface ClientPrefixBits {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** One step: it keeps some of what reached it, or puts it in an order. */
export type PolicyStep =
  | { readonly kind: 'up' }
  /** Every member of the service is in one tier. */
  | { readonly kind: 'failover'; readonly tiers: readonly (readonly MemberName[])[] }
  /** No fallback: clients that no rule leads anywhere get no answer. */
  | { readonly kind: 'geo'; readonly rules: readonly GeoRule[]; readonly fallback: readonly MemberName[] }
  | { readonly kind: 'weighted' | 'shuffle' }
  /** Bias is -99 to 99: above 0 a member seems nearer than it is, below 0 farther. */
  | { readonly kind: 'nearest' | 'latency'; readonly bias: ReadonlyMap<MemberName, number> }
  | { readonly kind: 'load' | 'sticky'; readonly prefixBits: ClientPrefixBits }
  | { readonly kind: 'take'; readonly count: number };

/** What records of type HTTPS and SVCB say beside the addresses (RFC 9460). */
export interface ServiceBinding {
  readonly alpn: readonly string[];
  readonly port: number | undefined;
}

/** How one service is steered. */
export interface ServicePolicy {
  readonly service: ServiceId;
  readonly members: readonly PolicyMember[];
  /** In their order; `up` is the first. */
  readonly steps: readonly PolicyStep[];
  /** Fewer members than this being up makes it down for services of which it is a member. */
  readonly minHealthy: number;
  readonly onAllDown: OnAllDown;
  /** Answered while everything is down, where that is chosen; else none. */
  readonly fallback: readonly IpAddress[];
  /** Whether a drained endpoint may be answered where nothing is up (R8). */
  readonly drainedInPanic: boolean;
  readonly modes: FailoverModes;
  /** How long an endpoint takes to its full weight after it came up; 0 for at once. */
  readonly slowStartMs: number;
  readonly load: LoadLimits | undefined;
  readonly binding: ServiceBinding;
}

/** The weight of an endpoint whose file gives none. */
export const defaultWeight = 100;

/** The policy of a service that has none written: everything that is up. */
export function plainPolicy(service: ServiceId, members: readonly PolicyMember[]): ServicePolicy {
  return {
    service,
    members,
    steps: [{ kind: 'up' }],
    minHealthy: 1,
    onAllDown: 'failOpen',
    fallback: [],
    drainedInPanic: false,
    modes: { failover: { kind: 'auto' }, failback: { kind: 'auto' } },
    slowStartMs: 0,
    load: undefined,
    binding: { alpn: [], port: undefined },
  };
}

/** The tiers of a service in the order in which they are used; undefined for one without a failover step. */
export function tiersOf(policy: ServicePolicy): readonly (readonly MemberName[])[] | undefined {
  return policy.steps.find((step) => step.kind === 'failover')?.tiers;
}

/** The key of an endpoint's slot in the SteeringTable's layout. */
export function endpointSlotKey(subject: SubjectKey): string {
  return `endpoint:${subject}`;
}

/**
 * The key of a service's slot: it is answerable while the service is up for services of which it is a member, and its
 * weight is the number of the active tier, from 1; 0 where it has no tiers.
 */
export function serviceSlotKey(service: ServiceId): string {
  return `service:${service}`;
}
