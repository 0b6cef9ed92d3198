/**
 * What health judges, compiled from a release: subjects, their nodes and checks, and the references that tell whether
 * a vantage is sane. Plain data; built by the room `config`.
 */
import type { Family, IpAddress } from '#base/ip.ts';
import type { CheckDefinition } from './check.ts';

/** A site's short name, such as `fra`. */
export type SiteId = string;
/** A service's name, such as `www`. */
export type ServiceId = string;
/** A proxy/VRRP host's name, unique in its site. */
export type NodeId = string;

declare const subjectBrand: unique symbol;

/** What a verdict is about: one service at one site in one address family (R2), as `www/fra/4`. */
export type SubjectKey = string & { readonly [subjectBrand]: true };

/** Builds the key of a subject. */
export function subjectKey(service: ServiceId, site: SiteId, family: Family): SubjectKey {
  return `${service}/${site}/${family}` as SubjectKey;
}

/** One service at one site in one family, and how it is looked at. */
export interface Subject {
  readonly key: SubjectKey;
  readonly service: ServiceId;
  readonly site: SiteId;
  readonly family: Family;
  /** The address whose holder among the site's nodes is the owner (R6). */
  readonly vip: IpAddress;
  /** Nodes whose agents report about it; empty where the site has no agents and probes alone decide. */
  readonly nodes: readonly NodeId[];
  /** The check from outside; every vantage runs it. */
  readonly check: CheckDefinition;
  /** How long a verdict is held while the VIP moves (R6). */
  readonly vrrpGraceMs: number;
}

/** Everything health needs from a release. */
export interface HealthModel {
  readonly subjects: readonly Subject[];
  /** Targets outside every site, by which a vantage judges itself (R5). */
  readonly references: readonly CheckDefinition[];
  /** Other addresses that records name: judged by their own probe at this vantage alone (R1). */
  readonly probes: readonly CheckDefinition[];
  /** The sites that have a coordinator, and so a vantage. */
  readonly sites: readonly SiteId[];
}
