/**
 * What an UPDATE says of routes, whatever fields it says it in: announced and withdrawn prefixes of the families that this
 * library knows, with RFC 7606 applied. Attributes are in the update.
 */
import type { Address, Prefix } from './address.ts';
import { findAttribute } from './attributes.ts';
import type { MultiprotocolNlri } from './attributes.ts';
import type { Family } from './family.ts';
import { familyOfCode } from './family.ts';
import { nextHopAddresses } from './multiprotocol.ts';
import type { PrefixList } from './nlri.ts';
import type { DecodedUpdate } from './update-decode.ts';

/** A prefix, with its path identifier where add-path is in use. */
export interface WithdrawnRoute {
  readonly family: Family;
  readonly prefix: Prefix;
  readonly pathId?: number;
}

/** A prefix and where it leads: one address, or a global and a link-local one. */
export interface AnnouncedRoute extends WithdrawnRoute {
  readonly nextHops: readonly Address[];
}

/** The routes of an update. */
export interface UpdateRoutes {
  readonly announced: readonly AnnouncedRoute[];
  readonly withdrawn: readonly WithdrawnRoute[];
}

/** Collects the routes; those that an update with a fault announces are withdrawn (RFC 7606 §2). */
export function routesOf(update: DecodedUpdate): UpdateRoutes {
  const announced = [...plainAnnouncements(update), ...multiprotocolAnnouncements(update)];
  const unreach = findAttribute(update.attributes, 'mpUnreach');
  const unreachable = unreach === undefined ? undefined : familyOfCode(unreach);
  const withdrawn = [
    ...routesIn('ipv4-unicast', listOf(update.withdrawn, update.withdrawnPathIds)),
    ...(unreachable === undefined ? [] : routesIn(unreachable, prefixesOf(unreach?.nlri))),
  ];
  if (update.severity !== 'treat-as-withdraw') return { announced, withdrawn };
  return { announced: [], withdrawn: [...withdrawn, ...announced.map(withoutNextHops)] };
}

function withoutNextHops({ family, prefix, pathId }: AnnouncedRoute): WithdrawnRoute {
  return pathId === undefined ? { family, prefix } : { family, prefix, pathId };
}

function plainAnnouncements(update: DecodedUpdate): readonly AnnouncedRoute[] {
  const nextHop = findAttribute(update.attributes, 'nextHop')?.nextHop;
  const nextHops = nextHop === undefined ? [] : [nextHop];
  const list = listOf(update.announced, update.announcedPathIds);
  return routesIn('ipv4-unicast', list).map((route) => ({ ...route, nextHops }));
}

function multiprotocolAnnouncements(update: DecodedUpdate): readonly AnnouncedRoute[] {
  const reach = findAttribute(update.attributes, 'mpReach');
  const family = reach === undefined ? undefined : familyOfCode(reach);
  if (reach === undefined || family === undefined) return [];
  const nextHops = nextHopAddresses(reach);
  return routesIn(family, prefixesOf(reach.nlri)).map((route) => ({ ...route, nextHops }));
}

function listOf(prefixes: readonly Prefix[], pathIds: readonly number[] | undefined): PrefixList {
  return pathIds === undefined ? { prefixes } : { prefixes, pathIds };
}

function prefixesOf(nlri: MultiprotocolNlri | undefined): PrefixList {
  return nlri?.kind === 'prefixes' ? nlri : { prefixes: [] };
}

function routesIn(family: Family, { prefixes, pathIds }: PrefixList): readonly WithdrawnRoute[] {
  return prefixes.map((prefix, index) => {
    const pathId = pathIds?.[index];
    return pathId === undefined ? { family, prefix } : { family, prefix, pathId };
  });
}
