/** A zone on its way: records grouped by name and type, every name between the apex and data present. */
import { NameMap } from '../wire/name-map.ts';
import { equalNames, isWithin, parentName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { formatName } from '../wire/name.ts';
import type { SourceRecord } from './master-file.ts';
import type { ProblemList } from './problem.ts';

/** One name and its records by type. */
export interface DraftNode {
  readonly owner: Name;
  readonly records: ReadonlyMap<number, readonly [SourceRecord, ...SourceRecord[]]>;
}

export interface DraftZone {
  readonly apex: Name;
  readonly nodes: NameMap<DraftNode>;
}

interface GrowingNode extends DraftNode {
  readonly records: Map<number, [SourceRecord, ...SourceRecord[]]>;
}

/** Groups records; those outside `apex` are reported and left out. */
export function draftZone(apex: Name, records: readonly SourceRecord[], problems: ProblemList): DraftZone {
  const nodes = new NameMap<GrowingNode>();
  const grow = (owner: Name): GrowingNode => {
    const existing = nodes.get(owner);
    if (existing !== undefined) return existing;
    const node: GrowingNode = { owner, records: new Map() };
    nodes.set(owner, node);
    if (!equalNames(owner, apex)) grow(parentName(owner));
    return node;
  };
  for (const record of records) {
    if (!isWithin(record.owner, apex)) {
      const message = `"${formatName(record.owner)}" is outside the zone: expected a name at or below ${formatName(apex)}`;
      problems.error(record.position, message);
      continue;
    }
    const node = grow(record.owner);
    const group = node.records.get(record.type);
    if (group === undefined) node.records.set(record.type, [record]);
    else group.push(record);
  }
  return { apex, nodes };
}
