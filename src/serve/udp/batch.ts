/**
 * Receives and answers datagrams in batches: one recvmmsg, the answer function for each, one sendmmsg.
 *
 * It calls, and it lets the answer function fill in replies; it knows nothing of threads, sockets' lives or counting
 * beyond what it returns. In the loops: no allocation.
 */
import { present } from '#base/assert.ts';
import { addressFamily, ipv6SocketAddress, messageFlag } from '../system/layout.ts';
import type { Libc } from '../system/libc.ts';
import type { AnswerClient, AnswerFunction } from '#dns/answer/answerer.ts';
import { batchSlots, controlBytes, receiveHeadersAt, Region, stride, table, word } from './region.ts';
import { ReplyMessages } from './reply-messages.ts';

/** A thread's datagrams. */
export class DatagramBatch {
  /** Slots that the last `receive` filled. */
  received = 0;
  /** Datagrams of the last `answer` that cannot be answered: from port 0, or longer than a slot. */
  discarded = 0;
  /** What the last `answer` prepared. */
  readonly messages: ReplyMessages;

  readonly #libc: Libc;
  readonly #region: Region;

  constructor(libc: Libc, joinReplies: boolean) {
    this.#libc = libc;
    this.#region = new Region(libc);
    this.messages = new ReplyMessages(libc, this.#region, joinReplies);
  }

  /**
   * Receives up to a batch from a socket and returns the number of datagrams; −1 when the call failed. With
   * `messageFlag.waitForOne` it waits for a first datagram as long as the socket's receive timeout.
   */
  receive(fd: number, flags: number): number {
    const { words, at } = this.#region;
    for (let slot = 0; slot < this.received; slot++) {
      const header = table.receiveHeaders + slot * stride.header;
      words[header + word.nameLength] = ipv6SocketAddress.bytes;
      words[header + word.controlLength] = controlBytes;
    }
    const received = this.#libc.recvmmsg(fd, at + receiveHeadersAt, batchSlots, flags, 0);
    this.received = received > 0 ? received : 0;
    return received;
  }

  /** Answers every datagram of the last `receive`; replies wait in `messages`. */
  answer(answer: AnswerFunction, client: AnswerClient): void {
    const { words, queries, replies, ipv4Addresses, ipv6Addresses } = this.#region;
    const { messages } = this;
    let discarded = 0;
    messages.clear();
    for (let slot = 0; slot < this.received; slot++) {
      const header = table.receiveHeaders + slot * stride.header;
      // Family and port share a word; the port is its upper half.
      const familyAndPort = words[table.names + slot * stride.name] ?? 0;
      if (familyAndPort >>> 16 === 0 || ((words[header + word.flags] ?? 0) & messageFlag.truncated) !== 0) {
        discarded++;
        continue;
      }
      const addresses = (familyAndPort & 0xffff) === addressFamily.ipv6 ? ipv6Addresses : ipv4Addresses;
      client.address = at(addresses, slot);
      const queryBytes = words[header + word.length] ?? 0;
      const length = answer(at(queries, slot), queryBytes, client, at(replies, messages.next));
      if (length > 0) messages.add(slot, length);
    }
    this.discarded = discarded;
  }
}

function at(views: readonly Uint8Array[], slot: number): Uint8Array {
  return present(views[slot], 'a slot');
}
