/** A checked draft into the zone that is answered from: code compiled, data in wire form, nodes linked. */
import { present } from '#base/assert.ts';
import { recordType } from '../wire/constants.ts';
import { NameMap } from '../wire/name-map.ts';
import { equalNames, isWildcard, isWithin, parentName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import type { DraftNode, DraftZone } from './draft.ts';
import type { DynamicCompiler, DynamicRecord } from './dynamic.ts';
import { dynamicSource } from './master-file.ts';
import type { CodeSourceRecord, SourceRecord } from './master-file.ts';
import type { ProblemList } from './problem.ts';
import type { Delegation, Glue, Rrset, Zone, ZoneNode } from './zone.ts';

/** How code is compiled, and the serial that replaces the file's (R28). */
export interface BuildOptions {
  readonly compile: DynamicCompiler;
  readonly serial?: number;
}

/** The RRsets of one name, before nodes are linked. */
interface NodeData {
  readonly owner: Name;
  readonly labels: number;
  readonly rrsets: readonly Rrset[];
}

/** Builds the zone; code that does not compile is reported. Undefined when the draft has no SOA or has errors. */
export function buildZone(draft: DraftZone, options: BuildOptions, problems: ProblemList): Zone | undefined {
  const compiler = new RecordCompiler(draft.apex, options.compile, problems);
  const data = new NameMap<NodeData>();
  for (const node of draft.nodes.values()) {
    const rrsets = [...node.records].map(([type, group]) => buildRrset(type, group, compiler));
    data.set(node.owner, { owner: node.owner, labels: countLabels(node.owner), rrsets });
  }
  const soa = soaOf(draft.nodes.get(draft.apex), options.serial);
  if (soa === undefined || problems.hasErrors) return undefined;
  const nodes = linkNodes(draft.apex, replaceSoa(data, draft.apex, soa));
  const view = new DataView(present(soa.rdata[0], 'SOA data').buffer);
  const minimumSeconds = view.getUint32(view.byteLength - 4);
  return {
    apex: draft.apex,
    apexLabels: countLabels(draft.apex),
    apexNode: present(nodes.get(draft.apex), 'the apex node'),
    nodes,
    serial: view.getUint32(view.byteLength - 20),
    negativeSoa: { ...soa, ttlSeconds: Math.min(soa.ttlSeconds, minimumSeconds) },
    longestDynamicTtlSeconds: longestDynamicTtl(nodes),
  };
}

/** Compiles code records and says where in the file a fault lies. */
class RecordCompiler {
  readonly #zone: Name;
  readonly #compile: DynamicCompiler;
  readonly #problems: ProblemList;

  constructor(zone: Name, compile: DynamicCompiler, problems: ProblemList) {
    this.#zone = zone;
    this.#compile = compile;
    this.#problems = problems;
  }

  compile(record: CodeSourceRecord): readonly DynamicRecord[] {
    const compiled = this.#compile(dynamicSource(record, this.#zone));
    if (compiled.ok) return [compiled.value];
    const { offset, message } = compiled.fault;
    const position = record.positions[Math.min(offset, record.positions.length - 1)] ?? record.position;
    this.#problems.error(position, `LUA: ${message}`);
    return [];
  }
}

function buildRrset(type: number, group: readonly SourceRecord[], compiler: RecordCompiler): Rrset {
  const rdata: Uint8Array[] = [];
  const dynamic: DynamicRecord[] = [];
  for (const record of group) {
    if (record.kind === 'code') dynamic.push(...compiler.compile(record));
    // Equal records are one record (RFC 2181 §5).
    else if (!rdata.some((other) => equalBytes(other, record.rdata))) rdata.push(record.rdata);
  }
  return { type, ttlSeconds: Math.min(...group.map((record) => record.ttlSeconds)), rdata, dynamic };
}

function soaOf(apex: DraftNode | undefined, serial: number | undefined): Rrset | undefined {
  const record = apex?.records.get(recordType.SOA)?.[0];
  if (record?.kind !== 'static') return undefined;
  const rdata = record.rdata.slice();
  if (serial !== undefined) new DataView(rdata.buffer).setUint32(rdata.length - 20, serial);
  return { type: recordType.SOA, ttlSeconds: record.ttlSeconds, rdata: [rdata], dynamic: [] };
}

function replaceSoa(data: NameMap<NodeData>, apex: Name, soa: Rrset): NameMap<NodeData> {
  const node = present(data.get(apex), 'the apex');
  const rrsets = node.rrsets.map((rrset) => (rrset.type === recordType.SOA ? soa : rrset));
  data.set(apex, { ...node, rrsets });
  return data;
}

/** Links names to their wildcard and cuts to their glue; longer names first, so that a wildcard precedes its parent. */
function linkNodes(apex: Name, data: NameMap<NodeData>): NameMap<ZoneNode> {
  const nodes = new NameMap<ZoneNode>();
  const wildcards = new NameMap<ZoneNode>();
  for (const { owner, rrsets } of [...data.values()].toSorted((a, b) => b.labels - a.labels)) {
    const ns = rrsets.find((rrset) => rrset.type === recordType.NS);
    const isCut = ns !== undefined && !equalNames(owner, apex);
    const delegation = isCut ? buildDelegation(ns, apex, data) : undefined;
    const node: ZoneNode = { owner, rrsets, delegation, wildcard: wildcards.get(owner) };
    nodes.set(owner, node);
    if (isWildcard(owner)) wildcards.set(parentName(owner), node);
  }
  return nodes;
}

/** The cut with the addresses that this zone has for its servers; those that follow health are left out (R18). */
function buildDelegation(ns: Rrset, apex: Name, data: NameMap<NodeData>): Delegation {
  const glue: Glue[] = [];
  for (const rdata of ns.rdata) {
    // The layout of NS makes its data one valid name.
    const target = rdata as Name;
    if (!isWithin(target, apex)) continue;
    for (const rrset of data.get(target)?.rrsets ?? []) {
      const isAddress = rrset.type === recordType.A || rrset.type === recordType.AAAA;
      if (isAddress && rrset.dynamic.length === 0) glue.push({ owner: target, rrset });
    }
  }
  return { ns, glue };
}

function longestDynamicTtl(nodes: NameMap<ZoneNode>): number {
  let longest = 0;
  for (const node of nodes.values()) {
    for (const rrset of node.rrsets) if (rrset.dynamic.length > 0) longest = Math.max(longest, rrset.ttlSeconds);
  }
  return longest;
}

function countLabels(name: Name): number {
  let count = 0;
  for (let at = 0; (name[at] ?? 0) !== 0; at += 1 + (name[at] ?? 0)) count++;
  return count;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
