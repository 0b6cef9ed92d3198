/** The names of a zone with every name between the apex and them, linked to their parents (RFC 4592 §2.2.2). */
import { assert } from '#base/assert.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { growWords, none } from './records.ts';
import type { NameArena } from './records.ts';

/** Names in columns by id; ids of the arena stay, names without records follow. */
export interface NameTree {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly hashes: Int32Array;
  readonly nameBytes: Uint8Array;
  readonly totalNameBytes: number;
  /** Labels without the root. */
  readonly labels: Uint8Array;
  /** The id of the name without its first label; `none` for the apex. */
  readonly parents: Uint32Array;
  /** All ids, parents before children. */
  readonly topDown: Uint32Array;
}

/** Links the names at and below the apex; those between that have no records are added to the arena. */
export function linkNames(names: NameArena, apexId: number): NameTree {
  const parents = linkParents(names, apexId);
  const { count, bytes, offsets, hashes } = names;
  const labels = new Uint8Array(count);
  const nameBytes = new Uint8Array(count);
  let totalNameBytes = 0;
  for (let id = 0; id < count; id++) {
    let at = offsets[id] ?? 0;
    let labelCount = 0;
    for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
      at += 1 + length;
      labelCount++;
    }
    labels[id] = labelCount;
    nameBytes[id] = at + 1 - (offsets[id] ?? 0);
    totalNameBytes += nameBytes[id] ?? 0;
  }
  return {
    count,
    bytes,
    offsets,
    hashes,
    nameBytes,
    totalNameBytes,
    labels,
    parents,
    topDown: byDepth(labels),
  };
}

/** The parent of each name by id; the arena gets those that it lacks. */
function linkParents(names: NameArena, apexId: number): Uint32Array {
  const index = new LabelIndex();
  let parents: Uint32Array = new Uint32Array(names.count);
  let parent: number = none;
  // Ancestors are added at the end, so that they get their turn.
  for (let id = 0; id < names.count; id++) {
    if (id === parents.length) parents = growWords(parents, id + 1);
    if (id === apexId) {
      parents[id] = none;
      continue;
    }
    const at = names.offsets[id] ?? 0;
    const parentAt = at + 1 + (names.bytes[at] ?? 0);
    // Names that follow each other most often have one parent, which need not be looked for again.
    if (parent === none || !names.isWrittenAs(parent, names.bytes, parentAt)) {
      index.scan(names.bytes, at);
      assert(index.count > 0, 'every name of a zone is at or below its apex');
      parent = names.intern(names.bytes, parentAt, index.hashes[1] ?? 0);
    }
    parents[id] = parent;
  }
  return parents.length === names.count ? parents : parents.slice(0, names.count);
}

/** Ids in the order of their labels (counting sort). */
function byDepth(labels: Uint8Array): Uint32Array {
  const starts = new Uint32Array(129);
  for (const count of labels) starts[count + 1] = (starts[count + 1] ?? 0) + 1;
  for (let depth = 1; depth < starts.length; depth++) starts[depth] = (starts[depth] ?? 0) + (starts[depth - 1] ?? 0);
  const order = new Uint32Array(labels.length);
  for (let id = 0; id < labels.length; id++) {
    const depth = labels[id] ?? 0;
    const at = starts[depth] ?? 0;
    order[at] = id;
    starts[depth] = at + 1;
  }
  return order;
}
