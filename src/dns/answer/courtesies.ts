/**
 * What minimal responses leave out: the zone's name servers, and the addresses of servers that the answer names
 * (RFC 1034 §4.3.2 step 6, RFC 1035 §3.3.9, RFC 2782, RFC 9460 §4.1). All of it only as far as it fits.
 */
import { recordType } from '../wire/constants.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import { targetOf } from '../wire/rdata.ts';
import { RowSet, section } from '../wire/writer.ts';
import type { MessageWriter } from '../wire/writer.ts';
import { rowHeaderBytes, zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import { fillRowSet } from './row-set.ts';

/** The answer that is added to. */
export interface Answered {
  readonly image: ZoneImage;
  readonly writer: MessageWriter;
  readonly zone: number;
  /** Used for other names here. */
  readonly labels: LabelIndex;
  /** The node that answered. */
  readonly node: number;
  readonly type: number;
  /** The RRset in the answer; 0 where programs gave it. */
  readonly found: number;
}

/** Types whose targets' addresses come along; an alias's target is answered itself. */
const naming: readonly number[] = [
  recordType.NS,
  recordType.MX,
  recordType.SRV,
  recordType.KX,
  recordType.AFSDB,
  recordType.SVCB,
  recordType.HTTPS,
];

/** Adds name servers to the authority section, and addresses to the additional one. */
export function addCourtesies(answered: Answered): void {
  const { image, writer, zone, node, type, found } = answered;
  const apexNode = image.word(zone + zoneWord.apexNode);
  const ns = image.word(zone + zoneWord.ns);
  const isAnswered = node === apexNode && type === recordType.NS;
  const adds = ns !== 0 && !isAnswered && image.programCount(ns) === 0;
  if (adds) {
    const set = fillRowSet(new RowSet(), image, ns, recordType.NS);
    writer.rows(section.authority, image.bytes, image.nameAt(apexNode), set);
  }
  const present = new Set([found]);
  if (found !== 0) addTargets(answered, { found, type, owner: node }, present);
  if (adds) addTargets(answered, { found: ns, type: recordType.NS, owner: apexNode }, present);
}

interface NamingSet {
  readonly found: number;
  readonly type: number;
  readonly owner: number;
}

function addTargets(answered: Answered, from: NamingSet, present: Set<number>): void {
  const { image, zone, labels } = answered;
  if (!naming.includes(from.type)) return;
  const isService = from.type === recordType.SVCB || from.type === recordType.HTTPS;
  let row = image.rowsAt(from.found);
  for (let count = image.rowCount(from.found); count > 0; count--) {
    const dataAt = row + rowHeaderBytes;
    row = image.nextRow(row);
    const isAlias = isService && image.bytes[dataAt] === 0 && image.bytes[dataAt + 1] === 0;
    let targetAt = dataAt + targetOf(from.type, image.bytes.subarray(dataAt, row));
    // The root as a target is the owner itself, and for an alias that there is no service (RFC 9460 §2.5).
    if (isService && image.bytes[targetAt] === 0) {
      if (isAlias) continue;
      targetAt = image.nameAt(from.owner);
    }
    const node = image.findName(zone, image.bytes, targetAt, labels);
    if (node === 0) continue;
    if (isAlias) {
      const next = image.findRrset(node, from.type);
      if (addSet(answered, targetAt, { found: next, type: from.type }, present)) {
        addTargets(answered, { found: next, type: from.type, owner: node }, present);
      }
    }
    for (const type of [recordType.A, recordType.AAAA]) {
      addSet(answered, targetAt, { found: image.findRrset(node, type), type }, present);
    }
  }
}

/** Adds an RRset that is not there yet; false when there is none, or it does not fit. */
function addSet(
  { image, writer }: Answered,
  ownerAt: number,
  { found, type }: { readonly found: number; readonly type: number },
  present: Set<number>,
): boolean {
  // What follows health is asked for itself.
  if (found === 0 || present.has(found) || image.programCount(found) > 0) return false;
  const set = fillRowSet(new RowSet(), image, found, type);
  if (!writer.rows(section.additional, image.bytes, ownerAt, set)) return false;
  present.add(found);
  return true;
}
