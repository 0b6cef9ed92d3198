/**
 * The loop of a UDP thread: receive a batch, look at the control words, answer, send; until told to stop.
 *
 * It blocks the thread, which therefore gets no events. With one socket it waits in recvmmsg, with several in poll. The
 * control words are read after the receive, so that a query which came after an update is answered by the new state.
 * In the loop: no allocation.
 */
import { present } from '#base/assert.ts';
import { count, counter } from '../counters.ts';
import { errorNumber, messageFlag, pollEntry } from '../system/layout.ts';
import type { Libc, Pointer } from '../system/libc.ts';
import { receiveWaitMs, SystemError } from '../system/sockets.ts';
import { createClient } from '../thread-answerer.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { controlWord, stopWord } from '../thread-control.ts';
import type { HeartbeatWatch, UpdateInbox } from '../thread-control.ts';
import { DatagramBatch } from './batch.ts';

/** What a loop works on. */
export interface UdpLoopOptions {
  readonly libc: Libc;
  /** Descriptors of bound sockets, at least one; the loop never closes them. */
  readonly sockets: readonly number[];
  /** Whether replies that follow each other to one client's port are sent as one message. */
  readonly joinReplies: boolean;
  readonly answer: AnswerFunction;
  readonly control: Int32Array;
  readonly counters: Float64Array;
  readonly inbox: UpdateInbox;
  readonly heartbeat: HeartbeatWatch;
  /** Unix time. */
  readonly now: () => number;
  /** Called when the main thread has been silent for too long; does not return. */
  readonly onSilence: () => never;
}

/** How many batches of each socket are still answered after being told to finish. */
const finishingBatches = 256;

/** Runs until the stop word says otherwise. Throws what the answerer throws, and on errors that only our bugs cause. */
export class UdpLoop {
  readonly #options: UdpLoopOptions;
  readonly #libc: Libc;
  readonly #batch: DatagramBatch;
  readonly #client = createClient('udp');
  readonly #entries: Int32Array;
  readonly #entriesAt: Pointer;

  constructor(options: UdpLoopOptions) {
    this.#options = options;
    this.#libc = options.libc;
    this.#batch = new DatagramBatch(options.libc, options.joinReplies);
    const entryWords = pollEntry.bytes / 4;
    // In a buffer of its own, so that it never moves.
    this.#entries = new Int32Array(new ArrayBuffer(options.sockets.length * pollEntry.bytes));
    for (const [index, fd] of options.sockets.entries()) {
      this.#entries[index * entryWords] = fd;
      this.#entries[index * entryWords + 1] = pollEntry.readable;
    }
    this.#entriesAt = options.libc.pointerTo(this.#entries);
  }

  run(): void {
    const { sockets, control } = this.#options;
    const only = sockets.length === 1 ? present(sockets[0], 'the socket') : undefined;
    while (Atomics.load(control, controlWord.stop) === stopWord.run) {
      if (only !== undefined) this.#turn(only, messageFlag.waitForOne);
      else this.#pollTurn();
    }
    if (Atomics.load(control, controlWord.stop) === stopWord.finish) this.#finish();
  }

  /** Waits until any socket is readable, and takes a batch from each that is. */
  #pollTurn(): void {
    const { sockets } = this.#options;
    const ready = this.#libc.poll(this.#entriesAt, sockets.length, receiveWaitMs);
    if (ready <= 0) {
      this.#observe();
      this.#options.inbox.take();
      return;
    }
    for (let index = 0; index < sockets.length; index++) {
      // What happened stands in the upper half of the entry's second word.
      const entry = this.#entries[index * 2 + 1] ?? 0;
      if (entry >>> 16 !== 0) this.#turn(this.#entries[index * 2] ?? -1, messageFlag.dontWait);
    }
  }

  /** One batch of one socket; true when there was something. */
  #turn(fd: number, flags: number): boolean {
    const batch = this.#batch;
    const received = batch.receive(fd, flags);
    this.#observe();
    if (received < 0) this.#noteReceiveFailure();
    // Without a query too: updates that wait hold the memory of every generation that they bring.
    this.#options.inbox.take();
    if (received <= 0) return false;
    const { counters } = this.#options;
    count(counters, counter.received, received);
    count(counters, counter.batches);
    batch.answer(this.#options.answer, this.#client);
    if (batch.discarded > 0) count(counters, counter.discarded, batch.discarded);
    this.#send(fd);
    return true;
  }

  #observe(): void {
    const nowMs = this.#options.now();
    this.#client.unixMs = nowMs;
    if (this.#options.heartbeat.isSilent(nowMs)) this.#options.onSilence();
  }

  /** Sends the replies of a batch: one that fails is left out, and the others still go. */
  #send(fd: number): void {
    const { counters } = this.#options;
    const { messages } = this.#batch;
    let first = 0;
    while (first < messages.count) {
      const sent = messages.send(fd, first);
      if (sent > 0) {
        count(counters, counter.answered, messages.repliesIn(first, sent));
        first += sent;
        continue;
      }
      const error = this.#libc.errorNumber();
      if (error === errorNumber.interrupted) continue;
      if (error !== errorNumber.tryAgain && messages.split(first)) continue;
      // With a full queue, further attempts would only hold up the queries that wait.
      const lost = error === errorNumber.tryAgain ? messages.count - first : 1;
      count(counters, counter.sendFailures, messages.repliesIn(first, lost));
      first += lost;
    }
  }

  #noteReceiveFailure(): void {
    const error = this.#libc.errorNumber();
    switch (error) {
      case errorNumber.tryAgain:
      case errorNumber.interrupted:
        return;
      case errorNumber.badDescriptor:
      case errorNumber.badAddress:
      case errorNumber.invalid:
      case errorNumber.notSocket:
        throw new SystemError('recvmmsg', error);
      default:
        // An error that the network left on the socket, taken off it by this receive.
        count(this.#options.counters, counter.receiveFailures);
    }
  }

  /** Answers what has already arrived, so that closing a socket loses no query. */
  #finish(): void {
    for (const fd of this.#options.sockets) {
      for (let batches = 0; batches < finishingBatches; batches++) {
        if (!this.#turn(fd, messageFlag.dontWait)) break;
      }
    }
  }
}
