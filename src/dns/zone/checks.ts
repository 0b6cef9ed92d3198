/**
 * Whether records make a sound zone: one SOA, name servers that can be reached, aliases alone at their name
 * (RFC 1034 §3.6.2, RFC 1912 §2, RFC 2181 §5.2 and §10, RFC 6672 §2.3).
 */
import { recordType, typeName } from '../wire/constants.ts';
import { equalNames, formatName, isWithin, parentName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import type { DraftNode, DraftZone } from './draft.ts';
import type { SourceRecord } from './master-file.ts';
import type { ProblemList } from './problem.ts';

/** Reports everything that keeps the draft from being served, and what is only unwise. */
export function checkZone(zone: DraftZone, problems: ProblemList): void {
  for (const node of zone.nodes.values()) {
    checkAliases(node, problems);
    for (const group of node.records.values()) checkTtls(group, problems);
    checkNameServers(zone, node, problems);
  }
  const apex = zone.nodes.get(zone.apex);
  const soa = apex?.records.get(recordType.SOA)?.[0];
  if (soa !== undefined && apex?.records.has(recordType.NS) !== true) {
    problems.error(soa.position, `the zone has no NS record: expected at least one at ${formatName(zone.apex)}`);
  }
}

function checkAliases(node: DraftNode, problems: ProblemList): void {
  const owner = formatName(node.owner);
  const alias = node.records.get(recordType.CNAME);
  for (const type of [recordType.CNAME, recordType.DNAME]) {
    const second = node.records.get(type)?.[1];
    if (second !== undefined)
      problems.error(second.position, `a second ${typeName(type)} at ${owner}: expected only one`);
  }
  if (alias === undefined) return;
  for (const [type, [record]] of node.records) {
    if (type === recordType.CNAME) continue;
    problems.error(
      record.position,
      `${typeName(type)} at ${owner} beside a CNAME: expected the CNAME alone at its name`,
    );
  }
}

function checkTtls(group: readonly [SourceRecord, ...SourceRecord[]], problems: ProblemList): void {
  const lowest = Math.min(...group.map((record) => record.ttlSeconds));
  const other = group.find((record) => record.ttlSeconds !== group[0].ttlSeconds);
  if (other === undefined) return;
  const what = `${typeName(other.type)} records of ${formatName(other.owner)}`;
  problems.warning(
    other.position,
    `TTL ${other.ttlSeconds} differs from ${group[0].ttlSeconds} above: all ${what} are served with ${lowest}`,
  );
}

/** Each name server inside the zone needs addresses here; below a cut that is glue, required only below its own. */
function checkNameServers(zone: DraftZone, node: DraftNode, problems: ProblemList): void {
  for (const record of node.records.get(recordType.NS) ?? []) {
    if (record.kind === 'code') continue;
    // The layout of NS makes its data one valid name.
    const target = record.rdata as Name;
    if (!isWithin(target, zone.apex) || hasAddress(zone, target)) continue;
    const cut = findCut(zone, target);
    if (cut !== undefined && !equalNames(cut, node.owner)) continue;
    const name = formatName(target);
    const isAlias = zone.nodes.get(target)?.records.has(recordType.CNAME) === true;
    const found = isAlias ? 'is an alias' : 'has no address';
    problems.error(record.position, `name server ${name} ${found}: expected an A or AAAA record for it in this zone`);
  }
}

/** Whether the name has addresses, its own or from the wildcard that covers it. */
function hasAddress(zone: DraftZone, name: Name): boolean {
  const isAddressed = (node: DraftNode | undefined): boolean =>
    node !== undefined && (node.records.has(recordType.A) || node.records.has(recordType.AAAA));
  const exact = zone.nodes.get(name);
  if (exact !== undefined) return isAddressed(exact);
  let encloser = parentName(name);
  while (zone.nodes.get(encloser) === undefined) encloser = parentName(encloser);
  return isAddressed(zone.nodes.get(wildcardOf(encloser)));
}

function wildcardOf(name: Name): Name {
  return Uint8Array.of(1, 0x2a, ...name) as Name;
}

/** The highest cut at or above `name`, the apex apart. */
function findCut(zone: DraftZone, name: Name): Name | undefined {
  let cut: Name | undefined;
  for (let at = name; !equalNames(at, zone.apex); at = parentName(at)) {
    if (zone.nodes.get(at)?.records.has(recordType.NS) === true) cut = at;
  }
  return cut;
}
