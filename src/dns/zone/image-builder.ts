/**
 * Checked zones into one image (image.ts): names between apex and data get nodes of their own, an RRset takes the lowest
 * TTL of its records (RFC 2181 §5).
 *
 * The buffer is sized from above at once, so that a million names are written in one pass; what is left over is never
 * touched and takes no memory.
 */
import { present } from '#base/assert.ts';
import { recordType } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import type { DynamicSource } from './dynamic.ts';
import {
  header,
  magic,
  node,
  nodeFlag,
  nodeHash,
  rowHeaderBytes,
  rrset,
  rrsetEntryWords,
  zone,
} from './image-layout.ts';
import { snippetsOf } from './lua-code.ts';
import type { ZoneData } from './zone-data.ts';
import { none } from './records.ts';
import { linkNames } from './name-tree.ts';
import type { NameTree } from './name-tree.ts';
import { TableWriter } from './table-writer.ts';

/** An image and what cannot be in it: the sources of its programs, in the order of their numbers. */
export interface BuiltImage {
  readonly buffer: SharedArrayBuffer;
  readonly programs: readonly DynamicSource[];
}

/** Builds the image of all zones, no two of which have one apex. */
export function buildImage(zones: readonly ZoneData[]): BuiltImage {
  const trees = zones.map((data) => linkNames(data.records.names, data.apexId));
  return new ImageWriter(zones, trees).build();
}

/** Gives every zone this serial (R28). To be done before anybody reads the image. */
export function setSerials({ buffer }: BuiltImage, serial: number): void {
  const words = new Uint32Array(buffer);
  const view = new DataView(buffer);
  const zonesAt = words[header.zonesAt] ?? 0;
  for (let index = 0; index < (words[header.zoneCount] ?? 0); index++) {
    const place = zonesAt + index * zone.words;
    const soa = words[place + zone.soa] ?? 0;
    view.setUint32((soa + rrset.rows) * 4 + (words[soa + rrset.rowsBytes] ?? 0) - 20, serial);
    view.setUint32((words[place + zone.denial] ?? 0) * 4 + (words[place + zone.denialBytes] ?? 0) - 20, serial);
    words[place + zone.serial] = serial;
  }
}

class ImageWriter {
  readonly #zones: readonly ZoneData[];
  readonly #trees: readonly NameTree[];
  readonly #buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #programs: DynamicSource[] = [];
  /** The next free word. */
  #at: number = header.words;
  readonly #zoneTable: TableWriter;
  readonly #nodeTable: TableWriter;
  /** Types of the name at hand, each once. */
  readonly #types: number[] = [];

  constructor(zones: readonly ZoneData[], trees: readonly NameTree[]) {
    this.#zones = zones;
    this.#trees = trees;
    const zoneSlots = tableSlots(zones.length);
    const nodeSlots = tableSlots(trees.reduce((sum, tree) => sum + tree.count, 0));
    const tables = (zoneSlots + nodeSlots) * 2;
    const data = zones.reduce((sum, { records }, index) => sum + dataWords(records, trees[index]), 0);
    this.#buffer = new SharedArrayBuffer((header.words + zones.length * zone.words + tables + data) * 4);
    this.#words = new Uint32Array(this.#buffer);
    this.#bytes = new Uint8Array(this.#buffer);
    this.#set(header.magic, magic);
    this.#set(header.zoneCount, zones.length);
    this.#set(header.zonesAt, this.#take(zones.length * zone.words));
    this.#zoneTable = this.#makeTable(header.zoneTableAt, header.zoneTableMask, zoneSlots);
    this.#nodeTable = this.#makeTable(header.nodeTableAt, header.nodeTableMask, nodeSlots);
  }

  build(): BuiltImage {
    const zonesAt = this.#words[header.zonesAt] ?? 0;
    for (const [index, data] of this.#zones.entries()) {
      this.#writeZone(zonesAt + index * zone.words, data, present(this.#trees[index], 'a tree for each zone'));
    }
    this.#zoneTable.flush();
    this.#nodeTable.flush();
    return { buffer: this.#buffer, programs: this.#programs };
  }

  #makeTable(atField: number, maskField: number, slots: number): TableWriter {
    const at = this.#take(slots * 2);
    this.#set(atField, at);
    this.#set(maskField, slots - 1);
    return new TableWriter(this.#words, at, slots - 1);
  }

  #writeZone(place: number, data: ZoneData, tree: NameTree): void {
    const flags = nodeFlags(data, tree);
    this.#set(place + zone.firstNode, this.#at);
    for (let name = 0; name < tree.count; name++) {
      const at = this.#writeNode(place, data, tree, name, flags[name] ?? 0);
      if (name !== data.apexId) continue;
      this.#set(place + zone.apexNode, at);
      this.#set(place + zone.apexLabels, tree.labels[name] ?? 0);
    }
    this.#set(place + zone.nodesEnd, this.#at);
    this.#finishZone(place, tree, data.apexId);
  }

  /** Reads back what was written of the apex, and makes the zone findable. */
  #finishZone(place: number, tree: NameTree, apexId: number): void {
    const apexNode = this.#words[place + zone.apexNode] ?? 0;
    const soa = this.#rrsetAt(apexNode, recordType.SOA);
    const end = (soa + rrset.rows) * 4 + (this.#words[soa + rrset.rowsBytes] ?? 0);
    const view = new DataView(this.#buffer);
    this.#set(place + zone.serial, view.getUint32(end - 20));
    this.#set(place + zone.negativeTtl, Math.min(this.#words[soa + rrset.ttl] ?? 0, view.getUint32(end - 4)));
    this.#set(place + zone.soa, soa);
    this.#set(place + zone.ns, this.#rrsetAt(apexNode, recordType.NS));
    this.#writeDenial(place, apexNode, soa);
    this.#zoneTable.add(tree.hashes[apexId] ?? 0, place);
  }

  /** Prebuilds the SOA of negative answers, its names cut off where the apex begins. */
  #writeDenial(place: number, apexNode: number, soa: number): void {
    const apexAt = this.#nameAt(apexNode);
    const apexBytes = this.#words[apexNode + node.nameBytes] ?? 0;
    const from = (soa + rrset.rows) * 4;
    const to = this.#at * 4;
    this.#bytes.copyWithin(to, from, from + rowHeaderBytes);
    new DataView(this.#buffer).setUint32(to + 6, this.#words[place + zone.negativeTtl] ?? 0);
    const server = this.#cutName(from + rowHeaderBytes, to + rowHeaderBytes, apexAt, apexBytes);
    const mailbox = this.#cutName(server.from, server.to, apexAt, apexBytes);
    this.#bytes.copyWithin(mailbox.to, mailbox.from, mailbox.from + 20);
    const end = mailbox.to + 20;
    new DataView(this.#buffer).setUint16(to + 10, end - to - rowHeaderBytes);
    this.#set(place + zone.denial, this.#at);
    this.#set(place + zone.denialBytes, end - to);
    this.#set(place + zone.denialServer, server.pointer === 0 ? 0 : server.pointer - to);
    this.#set(place + zone.denialMailbox, mailbox.pointer === 0 ? 0 : mailbox.pointer - to);
    this.#take(wordsOf(end - to));
  }

  /** Copies a name; where it ends in the apex as that is written, two octets for a pointer take the apex's place. */
  #cutName(
    from: number,
    to: number,
    apexAt: number,
    apexBytes: number,
  ): { readonly from: number; readonly to: number; readonly pointer: number } {
    const bytes = this.#bytes;
    let end = from;
    while ((bytes[end] ?? 0) !== 0) end += 1 + (bytes[end] ?? 0);
    end++;
    let cut = from;
    while (end - cut > apexBytes) cut += 1 + (bytes[cut] ?? 0);
    let same = end - cut === apexBytes ? 0 : -1;
    while (same >= 0 && same < apexBytes) same = bytes[cut + same] === bytes[apexAt + same] ? same + 1 : -1;
    if (same < 0 || apexBytes === 1) {
      bytes.copyWithin(to, from, end);
      return { from: end, to: to + end - from, pointer: 0 };
    }
    bytes.copyWithin(to, from, cut);
    return { from: end, to: to + cut - from + 2, pointer: to + cut - from };
  }

  #nameAt(nodePlace: number): number {
    const count = (this.#words[nodePlace + node.shape] ?? 0) >>> 16;
    return (nodePlace + node.entries + count * rrsetEntryWords) * 4;
  }

  #rrsetAt(nodePlace: number, type: number): number {
    const count = (this.#words[nodePlace + node.shape] ?? 0) >>> 16;
    for (let index = 0; index < count; index++) {
      const entry = nodePlace + node.entries + index * rrsetEntryWords;
      if (this.#words[entry] === type) return this.#words[entry + 1] ?? 0;
    }
    return 0;
  }

  #writeNode(zonePlace: number, data: ZoneData, tree: NameTree, name: number, flags: number): number {
    const { records } = data;
    const types = this.#types;
    types.length = 0;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      const type = records.type[id] ?? 0;
      if (!types.includes(type)) types.push(type);
    }
    const nameFrom = tree.offsets[name] ?? 0;
    const nameBytes = tree.nameBytes[name] ?? 0;
    const place = this.#take(node.entries + types.length * rrsetEntryWords + wordsOf(nameBytes));
    this.#set(place + node.shape, flags | ((tree.labels[name] ?? 0) << 8) | (types.length << 16));
    this.#set(place + node.zone, zonePlace);
    this.#set(place + node.nameBytes, nameBytes);
    const to = (place + node.entries + types.length * rrsetEntryWords) * 4;
    for (let index = 0; index < nameBytes; index++) this.#bytes[to + index] = tree.bytes[nameFrom + index] ?? 0;
    for (let index = 0; index < types.length; index++) {
      const entry = place + node.entries + index * rrsetEntryWords;
      this.#set(entry, types[index] ?? 0);
      this.#set(entry + 1, this.#writeRrset(data, name, types[index] ?? 0));
    }
    this.#nodeTable.add(nodeHash(zonePlace, tree.hashes[name] ?? 0), place);
    return place;
  }

  #writeRrset(data: ZoneData, name: number, type: number): number {
    const { records } = data;
    let ttlSeconds = 0xffff_ffff;
    let programs = 0;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      if (records.type[id] !== type) continue;
      ttlSeconds = Math.min(ttlSeconds, records.ttlSeconds[id] ?? 0);
      if (records.codes.size > 0 && records.codes.has(id)) {
        if (programs++ === 0) this.#set(this.#at + rrset.firstProgram, this.#programs.length);
        this.#programs.push(programOf(data, id));
      }
    }
    const place = this.#take(programs === 0 ? rrset.rows : rrset.rowsOfDynamic);
    const start = this.#at * 4;
    let end = start;
    let rows = 0;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      if (records.type[id] !== type || (programs > 0 && records.codes.has(id))) continue;
      end = this.#writeRow(data, id, ttlSeconds, end);
      rows++;
    }
    this.#set(place + rrset.ttl, ttlSeconds);
    this.#set(place + rrset.counts, rows | (programs << 16));
    this.#set(place + rrset.rowsBytes, end - start);
    this.#take(wordsOf(end - start));
    return place;
  }

  /** Writes one record at octet `to`, and returns the octet after it. */
  #writeRow({ records }: ZoneData, id: number, ttlSeconds: number, to: number): number {
    const bytes = this.#bytes;
    const type = records.type[id] ?? 0;
    const length = records.rdataLength[id] ?? 0;
    const from = records.rdataAt[id] ?? 0;
    bytes[to] = 0xc0;
    bytes[to + 1] = 12;
    bytes[to + 2] = type >> 8;
    bytes[to + 3] = type;
    bytes[to + 5] = 1;
    bytes[to + 6] = ttlSeconds >>> 24;
    bytes[to + 7] = ttlSeconds >>> 16;
    bytes[to + 8] = ttlSeconds >>> 8;
    bytes[to + 9] = ttlSeconds;
    bytes[to + 10] = length >> 8;
    bytes[to + 11] = length;
    for (let index = 0; index < length; index++) bytes[to + rowHeaderBytes + index] = records.rdata[from + index] ?? 0;
    return to + rowHeaderBytes + length;
  }

  #take(words: number): number {
    const at = this.#at;
    this.#at += words;
    return at;
  }

  #set(at: number, value: number): void {
    this.#words[at] = value;
  }
}

/** What is special about each name, from the apex down. */
function nodeFlags({ records, apexId }: ZoneData, tree: NameTree): Uint8Array {
  const flags = new Uint8Array(tree.count);
  const shadows = nodeFlag.belowCut | nodeFlag.belowDname;
  for (const name of tree.topDown) {
    const parent = tree.parents[name] ?? none;
    let own = 0;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      if (records.type[id] === recordType.NS && name !== apexId) own |= nodeFlag.cut;
      if (records.type[id] === recordType.DNAME) own |= nodeFlag.dname;
    }
    if (parent !== none) {
      const above = flags[parent] ?? 0;
      own |= above & shadows;
      if ((above & nodeFlag.cut) !== 0) own |= nodeFlag.belowCut;
      if ((above & nodeFlag.dname) !== 0) own |= nodeFlag.belowDname;
      const at = tree.offsets[name] ?? 0;
      if (tree.bytes[at] === 1 && tree.bytes[at + 1] === 0x2a) flags[parent] = above | nodeFlag.wildcardBelow;
    }
    flags[name] = (flags[name] ?? 0) | own;
  }
  return flags;
}

function programOf(data: ZoneData, id: number): DynamicSource {
  const { records, apex } = data;
  const { code } = present(records.codes.get(id), 'the code of a code record');
  const owner: Name = records.names.name(records.owner[id] ?? 0);
  const position = data.positionOf(id);
  return { code, type: records.type[id] ?? 0, zone: apex, owner, position, ...snippetsOf(records) };
}

/** An SOA of two names of 255 octets takes no more. */
const denialWords = 140;

/** At most so many words for names and records, padding included. */
function dataWords(records: ZoneData['records'], tree: NameTree | undefined): number {
  const names = tree?.count ?? 0;
  const nameWords = wordsOf(tree?.totalNameBytes ?? 0) + names;
  let rdataBytes = 0;
  for (let id = 0; id < records.count; id++) rdataBytes += records.rdataLength[id] ?? 0;
  const recordWords = rrsetEntryWords + rrset.rowsOfDynamic + rowHeaderBytes / 4 + 1;
  return names * node.entries + nameWords + records.count * recordWords + wordsOf(rdataBytes) + denialWords;
}

/** A power of two that leaves at least a third of the slots free. */
function tableSlots(entries: number): number {
  let slots = 4;
  while (slots * 2 < entries * 3) slots *= 2;
  return slots;
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}
