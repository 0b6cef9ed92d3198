/**
 * The messages that one sendmmsg takes: who gets which replies of a batch, and from which address of ours.
 *
 * Replies that follow each other and go to one client's port from one address are joined to one message, which the
 * kernel takes through its layers once and cuts into datagrams at the end (UDP_SEGMENT, udp(7)): a load balancer or a
 * forwarder in front asks from few ports. All replies of a message are as long as its first, but for the last one,
 * which may be shorter. What the system will not take joined is split and sent one by one. No allocation.
 */
import { addressFamily, batchHeader, messageFlag, segmentControl } from '../system/layout.ts';
import type { Libc } from '../system/libc.ts';
import { batchSlots, sendHeadersAt, stride, table, word } from './region.ts';
import type { Region } from './region.ts';

/** Longer replies stay alone: whoever refuses to join sees no packet above the least MTU of IPv6 (RFC 8200 §5). */
const longestJoinedBytes = 1232;

/** What the replies of one message may have together; a datagram's length is 16 bits. */
const mostJoinedBytes = 60_000;

/** After so many refusals of joined messages with none taken between them, replies are no longer joined. */
const refusalsToEnd = 16;

/** The send headers of a region, filled anew for each batch. */
export class ReplyMessages {
  /** Messages that wait for `send`. */
  count = 0;

  readonly #libc: Libc;
  readonly #region: Region;
  readonly #words: Uint32Array;
  /** By reply: the received slot that it answers. */
  readonly #slotOf = new Int32Array(batchSlots);
  /** By message: its first reply, and how many it has. */
  readonly #firstOf = new Int32Array(batchSlots);
  readonly #repliesIn = new Int32Array(batchSlots);
  /** By message, what its header points to at this time: a slot's name and control data, a reply's vector. */
  readonly #slotAt = Int32Array.from({ length: batchSlots }, (_, slot) => slot);
  readonly #vectorAt = Int32Array.from({ length: batchSlots }, (_, slot) => slot);
  #replies = 0;
  /** Of the last message: the length of its first reply, what its replies have together, and whether more may join. */
  #segmentBytes = 0;
  #joinedBytes = 0;
  #isOpen = false;
  #refusals = 0;

  constructor(libc: Libc, region: Region, joinReplies: boolean) {
    this.#libc = libc;
    this.#region = region;
    this.#words = region.words;
    this.#refusals = joinReplies ? 0 : refusalsToEnd;
  }

  /** Forgets the last batch. */
  clear(): void {
    this.count = 0;
    this.#replies = 0;
    this.#isOpen = false;
  }

  /** The slot for the next reply. */
  get next(): number {
    return this.#replies;
  }

  /** Takes the next reply, `length` octets in its slot, for whoever sent the datagram of a received slot. */
  add(slot: number, length: number): void {
    const reply = this.#replies++;
    this.#words[table.sendVectors + reply * stride.vector + word.vectorLength] = length;
    this.#slotOf[reply] = slot;
    if (this.#isOpen && this.#canJoin(slot, length)) this.#join(length);
    else this.#begin(reply, slot, length);
  }

  /** Sends messages from `first` on, without waiting, and returns how many the system took; −1 for none. */
  send(fd: number, first: number): number {
    const headers = this.#region.at + sendHeadersAt + first * batchHeader.bytes;
    const sent = this.#libc.sendmmsg(fd, headers, this.count - first, messageFlag.dontWait);
    for (let message = first; message < first + sent; message++) {
      if ((this.#repliesIn[message] ?? 0) > 1) this.#refusals = 0;
    }
    return sent;
  }

  /** How many replies are in `count` messages from `first` on. */
  repliesIn(first: number, count: number): number {
    let replies = 0;
    for (let message = first; message < first + count; message++) replies += this.#repliesIn[message] ?? 0;
    return replies;
  }

  /** Makes messages of one reply from `first` on, when that one was refused; false where it has only one anyway. */
  split(first: number): boolean {
    if ((this.#repliesIn[first] ?? 0) <= 1) return false;
    this.#refusals++;
    this.count = first;
    for (let reply = this.#firstOf[first] ?? 0; reply < this.#replies; reply++) {
      const slot = this.#slotOf[reply] ?? 0;
      this.#begin(reply, slot, this.#words[table.sendVectors + reply * stride.vector + word.vectorLength] ?? 0);
    }
    return true;
  }

  #begin(reply: number, slot: number, length: number): void {
    const message = this.count++;
    const words = this.#words;
    const from = table.receiveHeaders + slot * stride.header;
    const to = table.sendHeaders + message * stride.header;
    if (this.#slotAt[message] !== slot) {
      this.#slotAt[message] = slot;
      words[to + word.name] = words[from + word.name] ?? 0;
      words[to + word.name + 1] = words[from + word.name + 1] ?? 0;
      words[to + word.control] = words[from + word.control] ?? 0;
      words[to + word.control + 1] = words[from + word.control + 1] ?? 0;
    }
    if (this.#vectorAt[message] !== reply) {
      this.#vectorAt[message] = reply;
      this.#pointToVector(to, reply);
    }
    words[to + word.nameLength] = words[from + word.nameLength] ?? 0;
    words[to + word.vectorCount] = 1;
    const controlLength = words[from + word.controlLength] ?? 0;
    words[to + word.controlLength] = controlLength;
    if (controlLength > 0) this.#forgetInterface(slot);
    this.#firstOf[message] = reply;
    this.#repliesIn[message] = 1;
    this.#segmentBytes = length;
    this.#joinedBytes = length;
    this.#isOpen = length <= longestJoinedBytes && this.#refusals < refusalsToEnd;
  }

  /** Adds the reply that directly follows the last message's. */
  #join(length: number): void {
    const words = this.#words;
    const message = this.count - 1;
    const replies = (this.#repliesIn[message] ?? 0) + 1;
    const header = table.sendHeaders + message * stride.header;
    if (replies === 2) this.#writeSegment(header, this.#slotAt[message] ?? 0);
    this.#repliesIn[message] = replies;
    words[header + word.vectorCount] = replies;
    this.#joinedBytes += length;
    this.#isOpen = length === this.#segmentBytes;
  }

  /** Tells the length of a segment after the packet information of the message's slot. */
  #writeSegment(header: number, slot: number): void {
    const words = this.#words;
    const controlLength = words[header + word.controlLength] ?? 0;
    const at = table.controls + slot * stride.control + controlLength / 4;
    words[at] = segmentControl.length;
    words[at + 1] = 0;
    words[at + 2] = segmentControl.level;
    words[at + 3] = segmentControl.type;
    words[at + 4] = this.#segmentBytes;
    words[header + word.controlLength] = controlLength + segmentControl.bytes;
  }

  /** Whether a reply fits to the last message: not longer than its first, to the same client from the same address. */
  #canJoin(slot: number, length: number): boolean {
    if (length > this.#segmentBytes || this.#joinedBytes + length > mostJoinedBytes) return false;
    const words = this.#words;
    const other = this.#slotOf[this.#firstOf[this.count - 1] ?? 0] ?? 0;
    const mine = table.names + slot * stride.name;
    const theirs = table.names + other * stride.name;
    // Family and port, then IPv4's address or IPv6's flow.
    if (words[mine] !== words[theirs] || words[mine + 1] !== words[theirs + 1]) return false;
    const isIpv6 = ((words[mine] ?? 0) & 0xffff) === addressFamily.ipv6;
    if (isIpv6 && !areSame(words, mine + 2, theirs + 2, 5)) return false;
    const received = table.receiveHeaders + slot * stride.header + word.controlLength;
    if (words[received] === 0) return true;
    const local = isIpv6 ? word.ipv6Local : word.ipv4Local;
    const ours = table.controls + slot * stride.control + local;
    return areSame(words, ours, table.controls + other * stride.control + local, isIpv6 ? 4 : 1);
  }

  /** The reply leaves by the route to the client, not by the interface that the query came in on. */
  #forgetInterface(slot: number): void {
    const words = this.#words;
    const name = table.names + slot * stride.name;
    const control = table.controls + slot * stride.control;
    if (((words[name] ?? 0) & 0xffff) !== addressFamily.ipv6) {
      words[control + word.ipv4Interface] = 0;
      return;
    }
    // Link-local addresses mean nothing without their interface.
    const prefix = (words[name + word.ipv6Address] ?? 0) & 0xc0ff;
    if (prefix !== 0x80fe) words[control + word.ipv6Interface] = 0;
  }

  #pointToVector(header: number, reply: number): void {
    const pointer = this.#region.at + (table.sendVectors + reply * stride.vector) * 4;
    this.#words[header + word.vectors] = pointer % 2 ** 32;
    this.#words[header + word.vectors + 1] = Math.floor(pointer / 2 ** 32);
  }
}

function areSame(words: Uint32Array, one: number, other: number, count: number): boolean {
  for (let index = 0; index < count; index++) {
    if (words[one + index] !== words[other + index]) return false;
  }
  return true;
}
