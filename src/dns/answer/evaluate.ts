/** What the programs of an RRset give now, with the records that the set has of its own (R13). */
import { rowHeaderBytes, rrset as rrsetWord } from '../zone/image-layout.ts';
import type { AnswerNote, Client } from '../zone/dynamic.ts';
import type { Generation } from './generation.ts';

/** A publication takes microseconds; after so many turns something else is wrong, and an answer is better than none. */
const maxTurns = 10_000;

/** The records of one RRset, or why there are none; refilled for each, so that evaluating one allocates little. */
export class EvaluatedRrset {
  /** Each once: a set has no record twice (RFC 2181 §5), though several programs may give the same. */
  readonly rdata: Uint8Array[] = [];
  ttlSeconds = 0;
  /** Bits of the client's address on which the set may depend (R15). */
  scopeBits = 0;
  note: AnswerNote | undefined;
  failure: string | undefined;

  /** Runs the programs of the RRset at place `found` on one state of health: A is never seen down before B is seen up. */
  evaluate(generation: Generation, found: number, client: Client): void {
    for (let turn = 1; ; turn++) {
      const before = generation.sequence();
      this.#evaluateOnce(generation, found, client);
      if (((before & 1) === 0 && generation.sequence() === before) || turn === maxTurns) return;
    }
  }

  /** The first program that fails ends it. */
  #evaluateOnce(generation: Generation, found: number, client: Client): void {
    const { image, programs, minimumTtlSeconds } = generation;
    this.rdata.length = 0;
    this.scopeBits = 0;
    this.note = undefined;
    this.failure = undefined;
    this.ttlSeconds = image.word(found + rrsetWord.ttl);
    this.#takeOwn(generation, found);
    let isChanging = false;
    const first = image.word(found + rrsetWord.firstProgram);
    const end = first + image.programCount(found);
    for (let index = first; index < end; index++) {
      const answer = programs[index]?.evaluate(client);
      if (answer === undefined) continue;
      if (answer.kind === 'failure') {
        this.rdata.length = 0;
        this.failure = answer.reason;
        const source = generation.sources[index];
        if (source !== undefined) generation.onFailure(source, answer.reason);
        return;
      }
      if (answer.scopeBits > this.scopeBits) this.scopeBits = answer.scopeBits;
      for (const data of answer.rdata) this.#add(data);
      this.note ??= answer.note;
      isChanging ||= answer.changePending;
    }
    if (isChanging && this.ttlSeconds > minimumTtlSeconds) this.ttlSeconds = minimumTtlSeconds;
  }

  #takeOwn({ image }: Generation, found: number): void {
    let row = image.rowsAt(found);
    for (let count = image.rowCount(found); count > 0; count--) {
      const next = image.nextRow(row);
      this.#add(image.bytes.subarray(row + rowHeaderBytes, next));
      row = next;
    }
  }

  #add(data: Uint8Array): void {
    for (const other of this.rdata) if (areEqual(other, data)) return;
    this.rdata.push(data);
  }
}

/** From the end: addresses of one network differ there. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = b.length - 1; index >= 0; index--) if (a[index] !== b[index]) return false;
  return true;
}
