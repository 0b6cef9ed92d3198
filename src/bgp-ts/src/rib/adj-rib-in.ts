/**
 * Adj-RIB-In of one peer: nothing is taken in but what the import policy accepts (RFC 8212), and of that nothing that went
 * through us (RFC 4271 §9.1.2, RFC 4456 §8), leads to us, or leaked (RFC 9234 §5). All prefixes count against the limit,
 * also those that are not accepted, so that memory is bounded by it. Routes are not compared or installed. Faulty UPDATEs
 * are read as `routesOf` reads them (RFC 7606). Nothing is kept when the session ends. Pure: time is an argument.
 */
import type { Address, Prefix } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { mergeAs4 } from '../wire/as4.ts';
import { encodeAttributes } from '../wire/attribute-encode.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { findAttribute } from '../wire/attributes.ts';
import { bytesKey } from '../wire/bytes.ts';
import { bgpRole } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { allFamilies } from '../wire/family.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import { routesOf } from '../wire/update-routes.ts';
import type { CheckedRange } from './prefix-range.ts';
import { isInRanges } from './prefix-range.ts';

/** What is taken in. */
export interface ImportPolicy {
  readonly accept: readonly CheckedRange[];
  /** Of each family, accepted or not. */
  readonly maxPrefixes: number;
}

/** What import depends on: the session as it was negotiated. */
export interface ImportContext {
  readonly localAsn: number;
  readonly peerAsn: number;
  readonly isExternal: boolean;
  readonly fourOctetAs: boolean;
  readonly families: readonly Family[];
  /** Our BGP Identifier and our end of the connection. */
  readonly routerId: Address;
  readonly localAddress: Address;
  /** Our number in RFC 9234's registry, where a role is set. */
  readonly localRole?: number | undefined;
}

/** Why a route is not taken in. */
export type RejectReason = 'notAccepted' | 'asLoop' | 'originatorLoop' | 'clusterLoop' | 'ownNextHop' | 'routeLeak';

/** A route that was taken in. */
export interface AcceptedRoute {
  readonly prefix: Prefix;
  readonly attributes: readonly PathAttribute[];
  readonly receivedAtMs: number;
}

/** What changed since the last look; a route with other attributes counts as learnt. */
export interface RibInChanges {
  readonly learnt: readonly Prefix[];
  readonly gone: readonly Prefix[];
}

/** How many prefixes of a family the peer announces. */
export interface FamilyCount {
  readonly family: Family;
  readonly accepted: number;
  readonly rejected: number;
}

/** What was set before the refresh that is under way has an older `round` than the table. */
type Entry = { readonly round: number } & (
  | ({ readonly kind: 'accepted'; readonly key: string } & AcceptedRoute)
  | { readonly kind: 'rejected'; readonly prefix: Prefix; readonly why: RejectReason }
);

/** The prefixes of one family. */
interface Table {
  readonly entries: Map<Prefix, Entry>;
  /** Counts refreshes: a beginning must not touch each entry, since a peer may say it as often as it likes. */
  round: number;
  isRefreshing: boolean;
}

/** The Adj-RIB-In of one peer. */
export class AdjRibIn {
  readonly #policy: ImportPolicy;
  readonly #tables: Readonly<Record<Family, Table>> = {
    'ipv4-unicast': { entries: new Map(), round: 0, isRefreshing: false },
    'ipv6-unicast': { entries: new Map(), round: 0, isRefreshing: false },
  };
  /** What was accepted of a prefix at the last look, for those that changed since: its key, or undefined. */
  readonly #before = new Map<Prefix, string | undefined>();

  constructor(policy: ImportPolicy) {
    this.#policy = policy;
  }

  /** Takes an UPDATE in; returns the family that goes over its limit, after which the session has to end. */
  take(update: DecodedUpdate, context: ImportContext, nowMs: number): Family | undefined {
    const { announced, withdrawn } = routesOf(update);
    for (const { prefix } of withdrawn) this.#remove(prefix);
    if (announced.length === 0) return undefined;
    const attributes = context.fourOctetAs ? update.attributes : mergeAs4(update.attributes);
    const known = attributes.map(withoutPrefixes);
    const why = judgeAttributes(known, context);
    const key = bytesKey(encodeAttributes(known, true));
    for (const { family, prefix, nextHops } of announced) {
      if (!context.families.includes(family)) continue;
      const { entries, round } = this.#tables[family];
      if (!entries.has(prefix) && entries.size >= this.#policy.maxPrefixes) return family;
      const reason = nextHops.includes(context.localAddress) ? 'ownNextHop' : (why ?? this.#judgePrefix(prefix));
      if (reason !== undefined) this.#set({ kind: 'rejected', round, prefix, why: reason });
      else this.#set({ kind: 'accepted', round, prefix, attributes: known, key, receivedAtMs: nowMs });
    }
    return undefined;
  }

  /** The peer is about to send a family again (RFC 7313 §4). */
  beginRefresh(family: Family): void {
    const table = this.#tables[family];
    table.round++;
    table.isRefreshing = true;
  }

  /** The peer has sent a family again: what was not in it is gone. Nothing where it did not begin. */
  endRefresh(family: Family): void {
    const table = this.#tables[family];
    if (!table.isRefreshing) return;
    table.isRefreshing = false;
    for (const [prefix, entry] of table.entries) if (entry.round !== table.round) this.#remove(prefix);
  }

  /** The session is gone, and with it all that the peer said. */
  endSession(): void {
    for (const table of Object.values(this.#tables)) {
      table.isRefreshing = false;
      for (const prefix of table.entries.keys()) this.#remove(prefix);
    }
  }

  /** What was learnt and lost since the last call; what came and went in between is not in it. */
  takeChanges(): RibInChanges {
    const learnt: Prefix[] = [];
    const gone: Prefix[] = [];
    for (const [prefix, before] of this.#before) {
      const now = this.#acceptedKey(prefix);
      if (now !== undefined && now !== before) learnt.push(prefix);
      else if (now === undefined && before !== undefined) gone.push(prefix);
    }
    this.#before.clear();
    return { learnt, gone };
  }

  /** How many prefixes there are. */
  counts(): readonly FamilyCount[] {
    return allFamilies.map((family) => {
      const { size } = this.#tables[family].entries;
      const accepted = this.#accepted(family).length;
      return { family, accepted, rejected: size - accepted };
    });
  }

  /** How many prefixes are not accepted, by reason; reasons without any are absent. */
  rejected(): ReadonlyMap<RejectReason, number> {
    const counts = new Map<RejectReason, number>();
    for (const { entries } of Object.values(this.#tables)) {
      for (const entry of entries.values()) {
        if (entry.kind === 'rejected') counts.set(entry.why, (counts.get(entry.why) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** The routes that were accepted. */
  accepted(): readonly AcceptedRoute[] {
    return allFamilies.flatMap((family) => this.#accepted(family));
  }

  #accepted(family: Family): readonly AcceptedRoute[] {
    return [...this.#tables[family].entries.values()].filter((entry) => entry.kind === 'accepted');
  }

  #judgePrefix(prefix: Prefix): RejectReason | undefined {
    return isInRanges(prefix, this.#policy.accept) ? undefined : 'notAccepted';
  }

  #acceptedKey(prefix: Prefix): string | undefined {
    const entry = this.#tables[familyOf(prefix)].entries.get(prefix);
    return entry?.kind === 'accepted' ? entry.key : undefined;
  }

  #set(entry: Entry): void {
    this.#note(entry.prefix);
    this.#tables[familyOf(entry.prefix)].entries.set(entry.prefix, entry);
  }

  #remove(prefix: Prefix): void {
    this.#note(prefix);
    this.#tables[familyOf(prefix)].entries.delete(prefix);
  }

  #note(prefix: Prefix): void {
    if (!this.#before.has(prefix)) this.#before.set(prefix, this.#acceptedKey(prefix));
  }
}

/** The attributes of a route without those that say which prefixes it has. */
function withoutPrefixes(attribute: PathAttribute): PathAttribute {
  if (attribute.kind !== 'mpReach' && attribute.kind !== 'mpUnreach') return attribute;
  return { ...attribute, nlri: { kind: 'prefixes', prefixes: [] } };
}

function judgeAttributes(attributes: readonly PathAttribute[], context: ImportContext): RejectReason | undefined {
  const { localAsn, routerId } = context;
  const segments = findAttribute(attributes, 'asPath')?.segments ?? [];
  if (segments.some(({ asns }) => asns.includes(localAsn))) return 'asLoop';
  if (findAttribute(attributes, 'originatorId')?.originatorId === routerId) return 'originatorLoop';
  if (findAttribute(attributes, 'clusterList')?.clusterIds.includes(routerId) === true) return 'clusterLoop';
  return isLeak(findAttribute(attributes, 'onlyToCustomer')?.asn, context) ? 'routeLeak' : undefined;
}

/** RFC 9234 §5: a customer must not send a route with OTC up, and a peer only its own. */
function isLeak(onlyToCustomer: number | undefined, context: ImportContext): boolean {
  if (onlyToCustomer === undefined || !context.isExternal) return false;
  const { localRole, peerAsn } = context;
  if (localRole === bgpRole.provider || localRole === bgpRole.routeServer) return true;
  return localRole === bgpRole.peer && onlyToCustomer !== peerAsn;
}
