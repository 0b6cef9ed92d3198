/**
 * Memory for receiving and answering datagrams in batches: one region in which everything that recvmmsg and sendmmsg
 * read is prepared once. Between two batches only lengths are written anew.
 *
 * It calls, and it lets the answer function fill in replies; it knows nothing of threads, sockets' lives or counting
 * beyond what it returns. In the loops: no allocation.
 */
import { assert, present } from '#base/assert.ts';
import {
  addressFamily,
  batchHeader,
  controlHeader,
  ioVector,
  ipv4SocketAddress,
  ipv6PacketInfo,
  ipv6SocketAddress,
  messageFlag,
  messageHeader,
} from '../system/layout.ts';
import type { Libc, Pointer } from '../system/libc.ts';
import type { AnswerClient, AnswerFunction } from '#dns/answer/answerer.ts';

/** Datagrams in one batch. */
export const batchSlots = 64;

/** The longest query and the longest reply over UDP. */
export const datagramBytes = 4096;

const nameBytes = 32;
const controlBytes = 64;
/** One cache line more than the datagram, so that the starts of slots do not all fall into one set of the cache. */
const slotBytes = datagramBytes + 64;

/** Where each table begins in the region. */
const receiveHeadersAt = 0;
const sendHeadersAt = receiveHeadersAt + batchSlots * batchHeader.bytes;
const receiveVectorsAt = sendHeadersAt + batchSlots * batchHeader.bytes;
const sendVectorsAt = receiveVectorsAt + batchSlots * ioVector.bytes;
const namesAt = sendVectorsAt + batchSlots * ioVector.bytes;
const controlsAt = namesAt + batchSlots * nameBytes;
const queriesAt = controlsAt + batchSlots * controlBytes;
const repliesAt = queriesAt + batchSlots * slotBytes;
const regionBytes = repliesAt + batchSlots * slotBytes;

/** Indexes into the region as 32-bit words, of a slot's header. */
const headerWords = batchHeader.bytes / 4;
const vectorWords = ioVector.bytes / 4;
const nameWords = nameBytes / 4;
const controlWords = controlBytes / 4;
const word = {
  name: messageHeader.nameAt / 4,
  nameLength: messageHeader.nameLengthAt / 4,
  control: messageHeader.controlAt / 4,
  controlLength: messageHeader.controlLengthAt / 4,
  flags: messageHeader.flagsAt / 4,
  length: batchHeader.lengthAt / 4,
} as const;
const receiveWords = receiveHeadersAt / 4;
const sendWords = sendHeadersAt / 4;
const sendLengthWords = (sendVectorsAt + ioVector.lengthAt) / 4;

/** IPv4: the interface directly follows the control header; IPv6: it follows the address. */
const ipv4InterfaceWord = controlHeader.bytes / 4;
const ipv6InterfaceWord = (controlHeader.bytes + ipv6PacketInfo.interfaceAt) / 4;

/** The slots and the calls on them. One for each thread. */
export class DatagramBatch {
  /** Slots that the last `receive` filled. */
  received = 0;
  /** Replies that the last `answer` prepared. */
  replies = 0;
  /** Datagrams of the last `answer` that cannot be answered: from port 0, or longer than a slot. */
  discarded = 0;

  readonly #libc: Libc;
  readonly #bytes = new Uint8Array(regionBytes);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  readonly #at: Pointer;
  readonly #queries = this.#views(queriesAt, slotBytes, datagramBytes);
  readonly #replies = this.#views(repliesAt, slotBytes, datagramBytes);
  readonly #ipv4Addresses = this.#views(namesAt + ipv4SocketAddress.addressAt, nameBytes, 4);
  readonly #ipv6Addresses = this.#views(namesAt + ipv6SocketAddress.addressAt, nameBytes, 16);
  /** Which received slot each reply's header points to for its client and control data. */
  readonly #sourceOf = Int32Array.from({ length: batchSlots }, (_, slot) => slot);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#at = libc.pointerTo(this.#bytes);
    for (let slot = 0; slot < batchSlots; slot++) this.#prepare(slot);
  }

  /**
   * Receives up to a batch from a socket and returns the number of datagrams; −1 when the call failed. With
   * `messageFlag.waitForOne` it waits for a first datagram as long as the socket's receive timeout.
   */
  receive(fd: number, flags: number): number {
    const words = this.#words;
    for (let slot = 0; slot < this.received; slot++) {
      const header = receiveWords + slot * headerWords;
      words[header + word.nameLength] = ipv6SocketAddress.bytes;
      words[header + word.controlLength] = controlBytes;
    }
    const received = this.#libc.recvmmsg(fd, this.#at + receiveHeadersAt, batchSlots, flags, 0);
    this.received = received > 0 ? received : 0;
    return received;
  }

  /** Answers every datagram of the last `receive`; replies wait for `send`. */
  answer(answer: AnswerFunction, client: AnswerClient): void {
    const words = this.#words;
    let replies = 0;
    let discarded = 0;
    for (let slot = 0; slot < this.received; slot++) {
      const header = receiveWords + slot * headerWords;
      const name = namesAt / 4 + slot * nameWords;
      // Family and port share a word; the port is its upper half.
      const familyAndPort = words[name] ?? 0;
      if (familyAndPort >>> 16 === 0 || ((words[header + word.flags] ?? 0) & messageFlag.truncated) !== 0) {
        discarded++;
        continue;
      }
      const addresses = (familyAndPort & 0xffff) === addressFamily.ipv6 ? this.#ipv6Addresses : this.#ipv4Addresses;
      client.address = at(addresses, slot);
      const length = answer(
        at(this.#queries, slot),
        words[header + word.length] ?? 0,
        client,
        at(this.#replies, replies),
      );
      if (length === 0) continue;
      words[sendLengthWords + replies * vectorWords] = length;
      this.#address(replies, slot);
      replies++;
    }
    this.replies = replies;
    this.discarded = discarded;
  }

  /** Sends prepared replies from `first` on, without waiting, and returns how many the system took; −1 for none. */
  send(fd: number, first: number): number {
    const headers = this.#at + sendHeadersAt + first * batchHeader.bytes;
    return this.#libc.sendmmsg(fd, headers, this.replies - first, messageFlag.dontWait);
  }

  /** Points a reply to the client of a received datagram, and to the address that it had asked. */
  #address(reply: number, slot: number): void {
    const words = this.#words;
    const from = receiveWords + slot * headerWords;
    const to = sendWords + reply * headerWords;
    if (this.#sourceOf[reply] !== slot) {
      this.#sourceOf[reply] = slot;
      words[to + word.name] = words[from + word.name] ?? 0;
      words[to + word.name + 1] = words[from + word.name + 1] ?? 0;
      words[to + word.control] = words[from + word.control] ?? 0;
      words[to + word.control + 1] = words[from + word.control + 1] ?? 0;
    }
    words[to + word.nameLength] = words[from + word.nameLength] ?? 0;
    const controlLength = words[from + word.controlLength] ?? 0;
    words[to + word.controlLength] = controlLength;
    if (controlLength > 0) this.#forgetInterface(slot);
  }

  /** The reply leaves by the route to the client, not by the interface that the query came in on. */
  #forgetInterface(slot: number): void {
    const words = this.#words;
    const name = namesAt / 4 + slot * nameWords;
    const control = controlsAt / 4 + slot * controlWords;
    if (((words[name] ?? 0) & 0xffff) !== addressFamily.ipv6) {
      words[control + ipv4InterfaceWord] = 0;
      return;
    }
    // Link-local addresses mean nothing without their interface.
    const prefix = (words[name + ipv6SocketAddress.addressAt / 4] ?? 0) & 0xc0ff;
    if (prefix !== 0x80fe) words[control + ipv6InterfaceWord] = 0;
  }

  #prepare(slot: number): void {
    const name = namesAt + slot * nameBytes;
    const control = controlsAt + slot * controlBytes;
    const receiveVector = receiveVectorsAt + slot * ioVector.bytes;
    const sendVector = sendVectorsAt + slot * ioVector.bytes;
    this.#setVector(receiveVector, queriesAt + slot * slotBytes, datagramBytes);
    this.#setVector(sendVector, repliesAt + slot * slotBytes, 0);
    for (const [headers, vector] of [
      [receiveHeadersAt, receiveVector],
      [sendHeadersAt, sendVector],
    ] as const) {
      const header = headers + slot * batchHeader.bytes;
      this.#setPointer(header + messageHeader.nameAt, name);
      this.#setPointer(header + messageHeader.vectorsAt, vector);
      this.#setPointer(header + messageHeader.controlAt, control);
      this.#words[(header + messageHeader.vectorCountAt) / 4] = 1;
      this.#words[(header + messageHeader.nameLengthAt) / 4] = ipv6SocketAddress.bytes;
      this.#words[(header + messageHeader.controlLengthAt) / 4] = controlBytes;
    }
  }

  #setVector(at: number, base: number, length: number): void {
    this.#setPointer(at + ioVector.baseAt, base);
    this.#words[(at + ioVector.lengthAt) / 4] = length;
  }

  /** Writes the address of an offset in the region. */
  #setPointer(at: number, target: number): void {
    const pointer = this.#at + target;
    this.#words[at / 4] = pointer % 2 ** 32;
    this.#words[at / 4 + 1] = Math.floor(pointer / 2 ** 32);
  }

  #views(from: number, stride: number, length: number): readonly Uint8Array[] {
    assert(from + (batchSlots - 1) * stride + length <= regionBytes, 'a table lies within the region');
    return Array.from({ length: batchSlots }, (_, slot) =>
      this.#bytes.subarray(from + slot * stride, from + slot * stride + length),
    );
  }
}

function at(views: readonly Uint8Array[], slot: number): Uint8Array {
  return present(views[slot], 'a slot');
}
