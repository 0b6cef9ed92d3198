/**
 * The DNAMEs of one answer (RFC 6672 §2.2, §3.1): each is written once, however often aliases lead below it, and gives the
 * names below it new ones. What is answered for the new name, and the CNAME that says it, is resolver.ts's business.
 */
import { recordType } from '../wire/constants.ts';
import { nameFrom, replaceSuffix } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { section } from '../wire/writer.ts';
import type { MessageWriter, RowSet } from '../wire/writer.ts';
import type { ZoneImage } from '../zone/image.ts';
import { rowHeaderBytes } from '../zone/image-layout.ts';
import { maxAliases } from './alias-trail.ts';
import { fillRowSet } from './row-set.ts';

/** A DNAME that code gave. */
export interface ComputedTarget {
  readonly data: Uint8Array;
  readonly ttlSeconds: number;
}

/** Writes DNAMEs into the answer section; `set` is overwritten. */
export class RedirectWriter {
  readonly #image: ZoneImage;
  readonly #writer: MessageWriter;
  readonly #set: RowSet;
  /** Nodes of the DNAMEs in the answer. */
  readonly #places = new Uint32Array(maxAliases + 2);
  #count = 0;

  constructor(image: ZoneImage, writer: MessageWriter, set: RowSet) {
    this.#image = image;
    this.#writer = writer;
    this.#set = set;
  }

  /** Begins another answer. */
  clear(): void {
    this.#count = 0;
  }

  /** Writes the DNAME of a node, its own one or `computed`, where the answer has it not yet; false where it does not fit. */
  write(place: number, computed: ComputedTarget | undefined): boolean {
    if (this.#places.subarray(0, this.#count).includes(place)) return true;
    this.#places[this.#count++] = place;
    const image = this.#image;
    const owner = image.nameAt(place);
    if (computed !== undefined) {
      const head = { type: recordType.DNAME, ttlSeconds: computed.ttlSeconds };
      return this.#writer.records(section.answer, image.bytes, owner, head, [computed.data]);
    }
    const set = fillRowSet(this.#set, image, image.findRrset(place, recordType.DNAME), recordType.DNAME);
    return this.#writer.rows(section.answer, image.bytes, owner, set);
  }

  /** The name at `nameAt`, which lies below a node, as its DNAME makes it; undefined where that is too long. */
  rename(name: Uint8Array, nameAt: number, place: number, computed: ComputedTarget | undefined): Name | undefined {
    const image = this.#image;
    const target = computed?.data ?? image.bytes;
    const found = image.findRrset(place, recordType.DNAME);
    const targetAt = computed === undefined ? image.rowsAt(found) + rowHeaderBytes : 0;
    return replaceSuffix(nameFrom(name, nameAt), image.nameOf(place), nameFrom(target, targetAt));
  }
}
