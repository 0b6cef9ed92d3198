/**
 * What one `flush` of Adj-RIB-Out gathers, and the UPDATEs that it becomes: announcements by the attributes that they
 * share, withdrawals by family, each with the reasons of its prefixes.
 */
import type { Prefix } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { allFamilies } from '../wire/family.ts';
import type { AttributeGroups } from './attribute-groups.ts';
import type { ExportContext } from './export.ts';
import type { PackedUpdate } from './pack.ts';
import { packAnnouncements, packWithdrawals } from './pack.ts';

/** A route that is wanted but cannot be told to this peer, and why. */
export interface RefusedRoute {
  readonly prefix: Prefix;
  readonly reason: string;
}

/** An UPDATE with why it is sent: the reasons of its prefixes, each once. */
export interface RibUpdate extends PackedUpdate {
  readonly reasons: readonly string[];
}

/** What one `flush` has gathered; bytes as they will be about. */
export interface Batch {
  groups: AttributeGroups;
  readonly withdrawn: Prefix[];
  readonly refused: RefusedRoute[];
  readonly reasons: Map<Prefix, string>;
  byteCount: number;
}

/** Adds the UPDATEs that announce what was gathered. */
export function addGroups(updates: RibUpdate[], { groups, reasons }: Batch, context: ExportContext): void {
  for (const group of groups.all()) {
    for (const update of packAnnouncements(group.prefixes, group, context)) {
      updates.push(withReasons(update, update.announced, reasons));
    }
  }
}

/** Adds the UPDATEs that withdraw what was gathered. */
export function addWithdrawals(updates: RibUpdate[], { withdrawn, reasons }: Batch, context: ExportContext): void {
  if (withdrawn.length === 0) return;
  for (const family of allFamilies) {
    const prefixes = withdrawn.filter((prefix) => familyOf(prefix) === family);
    for (const update of packWithdrawals(prefixes, family, context)) {
      updates.push(withReasons(update, update.withdrawn, reasons));
    }
  }
}

function withReasons(
  { bytes, announced, withdrawn }: PackedUpdate,
  prefixes: readonly Prefix[],
  reasons: ReadonlyMap<Prefix, string>,
): RibUpdate {
  const only = prefixes.length === 1 ? prefixes[0] : undefined;
  const told = only === undefined ? distinctReasons(prefixes, reasons) : [reasons.get(only) ?? ''];
  return { bytes, announced, withdrawn, reasons: told[0] === '' ? told.slice(1) : told };
}

function distinctReasons(prefixes: readonly Prefix[], reasons: ReadonlyMap<Prefix, string>): readonly string[] {
  // The empty one first, where the caller looks for it.
  const told = new Set<string>(['']);
  for (const prefix of prefixes) told.add(reasons.get(prefix) ?? '');
  return [...told];
}
