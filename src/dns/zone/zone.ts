/**
 * A zone as it is answered from: immutable, its data in prebuilt wire form (RFC 1034 §4.2, RFC 4592 §2).
 *
 * Every name between the apex and a name with data has a node, so that the closest encloser is found label by label.
 */
import type { NameMap } from '../wire/name-map.ts';
import type { Name } from '../wire/name.ts';
import type { DynamicRecord } from './dynamic.ts';

/** The records of one owner and type. Dynamic ones add their data to the static. */
export interface Rrset {
  readonly type: number;
  readonly ttlSeconds: number;
  readonly rdata: readonly Uint8Array[];
  readonly dynamic: readonly DynamicRecord[];
}

/** Addresses of a name server that a referral carries. */
export interface Glue {
  readonly owner: Name;
  readonly rrset: Rrset;
}

/** A cut: the zone's data ends here, others answer below (RFC 1034 §4.2.1). */
export interface Delegation {
  readonly ns: Rrset;
  readonly glue: readonly Glue[];
}

/** One name. Without RRsets it is an empty non-terminal (RFC 4592 §2.2.2). */
export interface ZoneNode {
  readonly owner: Name;
  readonly rrsets: readonly Rrset[];
  readonly delegation: Delegation | undefined;
  /** The node `*` directly below, which answers for names that do not exist (RFC 4592 §2.1.1). */
  readonly wildcard: ZoneNode | undefined;
}

export interface Zone {
  readonly apex: Name;
  /** Labels of the apex, the root not counted. */
  readonly apexLabels: number;
  readonly apexNode: ZoneNode;
  readonly nodes: NameMap<ZoneNode>;
  readonly serial: number;
  /** The SOA as negative answers carry it: its TTL is the lower of its own and its minimum (RFC 2308 §5). */
  readonly negativeSoa: Rrset;
  /** The longest TTL of a record that follows health; 0 without such records (R25). */
  readonly longestDynamicTtlSeconds: number;
}

/** The RRset of a type at a node. */
export function findRrset(node: ZoneNode, type: number): Rrset | undefined {
  for (const rrset of node.rrsets) if (rrset.type === type) return rrset;
  return undefined;
}
