/**
 * The memory of one UDP thread: everything that recvmmsg and sendmmsg read, in one region, with all pointers written once.
 *
 * Slot by slot: a header, a vector, a name, control data and room for the datagram; receiving and sending have headers,
 * vectors and room of their own and share names and control data. It knows where things are, and makes no call.
 */
import { assert } from '#base/assert.ts';
import {
  batchHeader,
  controlHeader,
  ioVector,
  ipv4PacketInfo,
  ipv4SocketAddress,
  ipv6PacketInfo,
  ipv6SocketAddress,
  messageHeader,
} from '../system/layout.ts';
import type { Libc, Pointer } from '../system/libc.ts';

/** Datagrams in one batch. */
export const batchSlots = 64;

/** The longest query and the longest reply over UDP. */
export const datagramBytes = 4096;

/** Room for packet information of either family and one segment size more. */
export const controlBytes = 64;

const nameBytes = 32;
/** One cache line more than the datagram, so that the starts of slots do not all fall into one set of the cache. */
const slotBytes = datagramBytes + 64;

/** Where each table begins in the region. */
export const receiveHeadersAt = 0;
export const sendHeadersAt = receiveHeadersAt + batchSlots * batchHeader.bytes;
const receiveVectorsAt = sendHeadersAt + batchSlots * batchHeader.bytes;
const sendVectorsAt = receiveVectorsAt + batchSlots * ioVector.bytes;
const namesAt = sendVectorsAt + batchSlots * ioVector.bytes;
const controlsAt = namesAt + batchSlots * nameBytes;
const queriesAt = controlsAt + batchSlots * controlBytes;
const repliesAt = queriesAt + batchSlots * slotBytes;
const regionBytes = repliesAt + batchSlots * slotBytes;

/** Indexes into the region as 32-bit words: where tables begin, and how far apart their entries are. */
export const table = {
  receiveHeaders: receiveHeadersAt / 4,
  sendHeaders: sendHeadersAt / 4,
  sendVectors: sendVectorsAt / 4,
  names: namesAt / 4,
  controls: controlsAt / 4,
} as const;
export const stride = {
  header: batchHeader.bytes / 4,
  vector: ioVector.bytes / 4,
  name: nameBytes / 4,
  control: controlBytes / 4,
} as const;

/** Words within a header, a vector, a name and control data. */
export const word = {
  name: messageHeader.nameAt / 4,
  nameLength: messageHeader.nameLengthAt / 4,
  vectors: messageHeader.vectorsAt / 4,
  vectorCount: messageHeader.vectorCountAt / 4,
  control: messageHeader.controlAt / 4,
  controlLength: messageHeader.controlLengthAt / 4,
  flags: messageHeader.flagsAt / 4,
  length: batchHeader.lengthAt / 4,
  vectorLength: ioVector.lengthAt / 4,
  ipv6Address: ipv6SocketAddress.addressAt / 4,
  /** Packet information follows the control header: in IPv4 the interface first, in IPv6 the address. */
  ipv4Interface: (controlHeader.bytes + ipv4PacketInfo.interfaceAt) / 4,
  ipv4Local: (controlHeader.bytes + ipv4PacketInfo.localAt) / 4,
  ipv6Local: controlHeader.bytes / 4,
  ipv6Interface: (controlHeader.bytes + ipv6PacketInfo.interfaceAt) / 4,
} as const;

/** The region and the views into it. One for each thread. */
export class Region {
  readonly words: Uint32Array;
  readonly at: Pointer;
  /** By slot: what came in, and room for what goes out. */
  readonly queries: readonly Uint8Array[];
  readonly replies: readonly Uint8Array[];
  /** By slot: the client's address, in either form. */
  readonly ipv4Addresses: readonly Uint8Array[];
  readonly ipv6Addresses: readonly Uint8Array[];
  readonly #bytes = new Uint8Array(regionBytes);

  constructor(libc: Libc) {
    this.words = new Uint32Array(this.#bytes.buffer);
    this.at = libc.pointerTo(this.#bytes);
    this.queries = this.#views(queriesAt, slotBytes, datagramBytes);
    this.replies = this.#views(repliesAt, slotBytes, datagramBytes);
    this.ipv4Addresses = this.#views(namesAt + ipv4SocketAddress.addressAt, nameBytes, 4);
    this.ipv6Addresses = this.#views(namesAt + ipv6SocketAddress.addressAt, nameBytes, 16);
    for (let slot = 0; slot < batchSlots; slot++) this.#prepare(slot);
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
      this.words[(header + messageHeader.vectorCountAt) / 4] = 1;
      this.words[(header + messageHeader.nameLengthAt) / 4] = ipv6SocketAddress.bytes;
      this.words[(header + messageHeader.controlLengthAt) / 4] = controlBytes;
    }
  }

  #setVector(at: number, base: number, length: number): void {
    this.#setPointer(at + ioVector.baseAt, base);
    this.words[(at + ioVector.lengthAt) / 4] = length;
  }

  /** Writes the address of an offset in the region. */
  #setPointer(at: number, target: number): void {
    const pointer = this.at + target;
    this.words[at / 4] = pointer % 2 ** 32;
    this.words[at / 4 + 1] = Math.floor(pointer / 2 ** 32);
  }

  #views(from: number, step: number, length: number): readonly Uint8Array[] {
    assert(from + (batchSlots - 1) * step + length <= regionBytes, 'a table lies within the region');
    return Array.from({ length: batchSlots }, (_, slot) =>
      this.#bytes.subarray(from + slot * step, from + slot * step + length),
    );
  }
}
