/** The SOA of a negative answer (RFC 2308 §3): most often one prebuilt record, with pointers into the question. */
import { recordType } from '../wire/constants.ts';
import { section } from '../wire/writer.ts';
import type { MessageWriter, RowSet } from '../wire/writer.ts';
import { zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import { fillRowSet } from './row-set.ts';

/** Writes denials of one image. */
export class DenialWriter {
  readonly #image: ZoneImage;
  readonly #writer: MessageWriter;
  readonly #set: RowSet;

  /** `set` is free for use whenever a denial is written. */
  constructor(image: ZoneImage, writer: MessageWriter, set: RowSet) {
    this.#image = image;
    this.#writer = writer;
    this.#set = set;
  }

  /**
   * Adds the SOA of a zone to the authority section. `apexAt` is where the question, which lies in the zone, names its
   * apex. False when it does not fit.
   */
  write(zone: number, ttlSeconds: number, question: Uint8Array, apexAt: number): boolean {
    const image = this.#image;
    const set = this.#set;
    if (image.isApexWritten(zone, question, apexAt)) {
      set.ttlSeconds = ttlSeconds;
      set.bytes = image.bytes;
      set.at = image.word(zone + zoneWord.denial) * 4;
      set.length = image.word(zone + zoneWord.denialBytes);
      const server = image.word(zone + zoneWord.denialServer);
      const mailbox = image.word(zone + zoneWord.denialMailbox);
      return this.#writer.prebuilt(section.authority, set, apexAt, server, mailbox);
    }
    fillRowSet(set, image, image.word(zone + zoneWord.soa), recordType.SOA);
    set.overridesTtl = true;
    set.ttlSeconds = ttlSeconds;
    const ownerAt = image.nameAt(image.word(zone + zoneWord.apexNode));
    return this.#writer.rows(section.authority, image.bytes, ownerAt, set);
  }
}
