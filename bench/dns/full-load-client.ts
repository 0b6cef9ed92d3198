/**
 * The client of the full load, a process of its own: keeps a number of queries under way and sends and receives them in
 * batches, so that one core of it is enough to keep one core of a server busy. With several clients the queries leave one
 * socket from several addresses of 127.64.0.0/18 in turn (IP_PKTINFO). Started by full-load.ts.
 */
import { present } from '#base/assert.ts';
import { parseIp } from '#base/ip.ts';
import { loadLibc } from '#serve/system/libc.ts';
import type { Libc } from '#serve/system/libc.ts';
import {
  batchHeader,
  controlHeader,
  ioVector,
  ipv4PacketInfo,
  ipv4SocketAddress,
  messageFlag,
  messageHeader,
  socketOption,
  socketType,
} from '#serve/system/layout.ts';
import { encodeSocketAddress } from '#serve/system/socket-address.ts';
import { readQueries } from './full-load-queries.ts';
import type { QueryMessages } from './full-load-queries.ts';
import type { FullLoadOptions, FullLoadOutcome } from './full-load.ts';

const slots = 64;
const replyBytes = 1536;
/** A control header and packet information, padded to eight octets. */
const controlBytes = 32;
/** After so long without a reply, what is under way is taken for lost. */
const patienceMs = 200;

/** Memory that sendmmsg and recvmmsg work on. */
class Batches {
  readonly sendAt: number;
  readonly receiveAt: number;
  readonly #libc: Libc;
  readonly #queries: QueryMessages;
  readonly #queriesAt: number;
  readonly #clients: number;
  readonly #vectorsAt = 2 * slots * batchHeader.bytes;
  readonly #controlsAt = this.#vectorsAt + 2 * slots * ioVector.bytes;
  readonly #serverAt = this.#controlsAt + slots * controlBytes;
  readonly #repliesAt = this.#serverAt + ipv4SocketAddress.bytes;
  readonly #region = new Uint8Array(this.#repliesAt + slots * replyBytes);
  readonly #words = new Uint32Array(this.#region.buffer);
  #next = 0;
  #id = 0;
  #client = 0;

  constructor(libc: Libc, queries: QueryMessages, server: Uint8Array, clients: number) {
    this.#libc = libc;
    this.#queries = queries;
    this.#clients = clients;
    this.#region.set(server, this.#serverAt);
    this.#queriesAt = libc.pointerTo(queries.bytes);
    const base = libc.pointerTo(this.#region);
    this.sendAt = base;
    this.receiveAt = base + slots * batchHeader.bytes;
    for (let slot = 0; slot < 2 * slots; slot++) {
      const vector = this.#vectorsAt + slot * ioVector.bytes;
      const header = slot * batchHeader.bytes;
      this.#pointer(header + messageHeader.vectorsAt, base + vector);
      this.#words[(header + messageHeader.vectorCountAt) / 4] = 1;
      if (slot < slots) {
        this.#prepareSource(slot, base);
        continue;
      }
      this.#pointer(vector, base + this.#repliesAt + (slot - slots) * replyBytes);
      this.#words[(vector + ioVector.lengthAt) / 4] = replyBytes;
    }
  }

  /** Sends up to `count` queries and returns how many went. */
  send(fd: number, count: number): number {
    const { bytes, offsets } = this.#queries;
    for (let slot = 0; slot < count; slot++) {
      const at = offsets[this.#next] ?? 0;
      const end = offsets[this.#next + 1] ?? 0;
      this.#next = this.#next + 2 < offsets.length ? this.#next + 1 : 0;
      this.#id = (this.#id + 1) & 0xffff;
      bytes[at] = this.#id >> 8;
      bytes[at + 1] = this.#id;
      const vector = this.#vectorsAt + slot * ioVector.bytes;
      this.#pointer(vector, this.#queriesAt + at);
      this.#words[(vector + ioVector.lengthAt) / 4] = end - at;
      if (this.#clients > 1) this.#nextSource(slot);
    }
    return Math.max(0, this.#libc.sendmmsg(fd, this.sendAt, count, 0));
  }

  /** Waits for replies and returns how many came. */
  receive(fd: number): number {
    return Math.max(0, this.#libc.recvmmsg(fd, this.receiveAt, slots, messageFlag.waitForOne, 0));
  }

  replyLength(slot: number): number {
    return this.#words[((slots + slot) * batchHeader.bytes + batchHeader.lengthAt) / 4] ?? 0;
  }

  replyCode(slot: number): number {
    return (this.#region[this.#repliesAt + slot * replyBytes + 3] ?? 0) & 0xf;
  }

  /** With one client the socket is connected, and the system knows both addresses. */
  #prepareSource(slot: number, base: number): void {
    if (this.#clients === 1) return;
    const header = slot * batchHeader.bytes;
    const control = this.#controlsAt + slot * controlBytes;
    this.#pointer(header + messageHeader.nameAt, base + this.#serverAt);
    this.#words[(header + messageHeader.nameLengthAt) / 4] = ipv4SocketAddress.bytes;
    this.#pointer(header + messageHeader.controlAt, base + control);
    this.#words[(header + messageHeader.controlLengthAt) / 4] = controlBytes;
    this.#words[control / 4] = controlHeader.bytes + ipv4PacketInfo.bytes;
    this.#words[(control + controlHeader.levelAt) / 4] = socketOption.ipv4PacketInfo.level;
    this.#words[(control + controlHeader.typeAt) / 4] = socketOption.ipv4PacketInfo.name;
  }

  #nextSource(slot: number): void {
    this.#client = (this.#client + 1) % this.#clients;
    const at = this.#controlsAt + slot * controlBytes + controlHeader.bytes + ipv4PacketInfo.localAt;
    this.#region[at] = 127;
    this.#region[at + 1] = 64;
    this.#region[at + 2] = this.#client >> 8;
    this.#region[at + 3] = this.#client;
  }

  #pointer(at: number, target: number): void {
    this.#words[at / 4] = target % 2 ** 32;
    this.#words[at / 4 + 1] = Math.floor(target / 2 ** 32);
  }
}

function openSocket(libc: Libc, server: Uint8Array, isConnected: boolean): number {
  const fd = libc.socket(2, socketType.datagram, 0);
  const wait = new Uint8Array(16);
  new DataView(wait.buffer).setBigUint64(8, BigInt(patienceMs * 1000), true);
  const { receiveTimeout } = socketOption;
  libc.setsockopt(fd, receiveTimeout.level, receiveTimeout.name, wait, wait.length);
  if (fd < 0 || (isConnected && libc.connect(fd, server, server.length) < 0))
    throw new Error(`no socket: errno ${libc.errorNumber()}`);
  return fd;
}

function run(libc: Libc, options: FullLoadOptions): FullLoadOutcome {
  const server = encodeSocketAddress(present(parseIp('127.0.0.1'), 'loopback'), options.port);
  const fd = openSocket(libc, server, options.clients === 1);
  const batches = new Batches(libc, readQueries(options.queryFile, options), server, options.clients);
  const codes = new Float64Array(16);
  let sent = 0;
  let completed = 0;
  let replyBytesInAll = 0;
  let underWay = 0;
  const startMs = performance.now();
  const endMs = startMs + options.seconds * 1000;
  let nowMs = startMs;
  while (nowMs < endMs) {
    while (underWay < options.window) {
      const went = batches.send(fd, Math.min(slots, options.window - underWay));
      if (went === 0) break;
      sent += went;
      underWay += went;
    }
    const received = batches.receive(fd);
    for (let slot = 0; slot < received; slot++) {
      const code = batches.replyCode(slot);
      codes[code] = (codes[code] ?? 0) + 1;
      replyBytesInAll += batches.replyLength(slot);
    }
    completed += received;
    underWay = received === 0 ? 0 : Math.max(0, underWay - received);
    nowMs = performance.now();
  }
  libc.close(fd);
  const seconds = (nowMs - startMs) / 1000;
  const responseBytes = completed === 0 ? 0 : Math.round(replyBytesInAll / completed);
  return { sent, completed, seconds, responseBytes, codes: [...codes] };
}

const libc = loadLibc();
if (!libc.ok) throw new Error(libc.fault);
// The parent gives its own options; there is nobody else to check them for.
const options = JSON.parse(process.argv[2] ?? '') as FullLoadOptions;
process.stdout.write(JSON.stringify(run(libc.value, options)));
