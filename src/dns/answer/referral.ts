/** Leading to the servers of a cut, with the addresses that the zone has for them (RFC 1034 §4.2.1, RFC 9471 §3). */
import { recordType } from '../wire/constants.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import { section } from '../wire/writer.ts';
import type { MessageWriter, RowSet } from '../wire/writer.ts';
import { rowHeaderBytes } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import { fillRowSet } from './row-set.ts';

/** Writes referrals; one per resolver, and so per image. */
export class ReferralWriter {
  readonly #image: ZoneImage;
  readonly #writer: MessageWriter;
  /** Used for the names of servers. */
  readonly #labels: LabelIndex;
  readonly #set: RowSet;

  constructor(image: ZoneImage, writer: MessageWriter, labels: LabelIndex, set: RowSet) {
    this.#image = image;
    this.#writer = writer;
    this.#labels = labels;
    this.#set = set;
  }

  /**
   * Writes the servers `ns` of the cut at a node, and their glue. False when something does not fit: without its glue a
   * referral may lead nowhere, so that it counts as truncated.
   */
  write(zone: number, node: number, ns: number): boolean {
    const image = this.#image;
    fillRowSet(this.#set, image, ns, recordType.NS);
    if (!this.#writer.rows(section.authority, image.bytes, image.nameAt(node), this.#set)) return false;
    let row = image.rowsAt(ns);
    for (let count = image.rowCount(ns); count > 0; count--) {
      if (!this.#addGlue(zone, row + rowHeaderBytes)) return false;
      row = image.nextRow(row);
    }
    return true;
  }

  #addGlue(zone: number, targetAt: number): boolean {
    const image = this.#image;
    const node = image.findName(zone, image.bytes, targetAt, this.#labels);
    return (
      node === 0 ||
      (this.#addAddresses(node, targetAt, recordType.A) && this.#addAddresses(node, targetAt, recordType.AAAA))
    );
  }

  /** Glue that follows health would be wrong at its parent's side for as long as its TTL, so it is left out (R18). */
  #addAddresses(node: number, ownerAt: number, type: number): boolean {
    const image = this.#image;
    const found = image.findRrset(node, type);
    if (found === 0 || image.programCount(found) > 0) return true;
    fillRowSet(this.#set, image, found, type);
    return this.#writer.rows(section.additional, image.bytes, ownerAt, this.#set);
  }
}
