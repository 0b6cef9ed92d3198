/** What the programs of an RRset give now, with the records that the set has of its own (R13). */
import { rowHeaderBytes, rrset as rrsetWord } from '../zone/image-layout.ts';
import type { AnswerNote, Client } from '../zone/dynamic.ts';
import type { ZoneImage } from '../zone/image.ts';
import type { Generation } from './generation.ts';

/** A publication takes microseconds; after so many turns something else is wrong, and an answer is better than none. */
const maxTurns = 10_000;

/** The records of one RRset, or why there are none; refilled for each. */
export class EvaluatedRrset {
  /** Each once: a set has no record twice (RFC 2181 §5), though several programs may give the same. */
  rdata: readonly Uint8Array[] = [];
  ttlSeconds = 0;
  /** Bits of the client's address on which the set may depend (R15). */
  scopeBits = 0;
  note: AnswerNote | undefined;
  failure: string | undefined;
  #isChanging = false;

  /** Runs the programs of the RRset at place `found` on one state of health: A is never seen down before B is seen up. */
  evaluate(generation: Generation, found: number, client: Client): void {
    const { image, minimumTtlSeconds } = generation;
    for (let turn = 1; ; turn++) {
      const before = generation.sequence();
      this.#evaluateOnce(generation, found, client);
      if (generation.sequence() === before || turn === maxTurns) break;
    }
    this.ttlSeconds = image.word(found + rrsetWord.ttl);
    if (this.#isChanging && this.ttlSeconds > minimumTtlSeconds) this.ttlSeconds = minimumTtlSeconds;
  }

  /** The first program that fails ends it. */
  #evaluateOnce(generation: Generation, found: number, client: Client): void {
    const { image } = generation;
    this.scopeBits = 0;
    this.note = undefined;
    this.failure = undefined;
    this.#isChanging = false;
    const first = image.word(found + rrsetWord.firstProgram);
    const count = image.programCount(found);
    if (count === 1 && image.rowCount(found) === 0) {
      // Most sets are one program, whose records are taken as they are.
      this.rdata = withoutDoubles(this.#run(generation, first, client) ?? noData);
      return;
    }
    const rdata = ownData(image, found);
    for (let index = first; index < first + count; index++) {
      const given = this.#run(generation, index, client);
      if (given === undefined) {
        this.rdata = noData;
        return;
      }
      rdata.push(...given);
    }
    this.rdata = withoutDoubles(rdata);
  }

  /** Runs one program and returns its records, which are valid until it runs again; undefined where it fails. */
  #run(generation: Generation, index: number, client: Client): readonly Uint8Array[] | undefined {
    const answer = generation.programs[index]?.evaluate(client);
    if (answer === undefined) return noData;
    if (answer.kind === 'failure') {
      this.failure = answer.reason;
      const source = generation.sources[index];
      if (source !== undefined) generation.onFailure(source, answer.reason);
      return undefined;
    }
    if (answer.scopeBits > this.scopeBits) this.scopeBits = answer.scopeBits;
    this.note ??= answer.note;
    this.#isChanging ||= answer.changePending;
    return answer.rdata;
  }
}

const noData: readonly Uint8Array[] = [];

function ownData(image: ZoneImage, found: number): Uint8Array[] {
  const data: Uint8Array[] = [];
  let row = image.rowsAt(found);
  for (let count = image.rowCount(found); count > 0; count--) {
    const next = image.nextRow(row);
    data.push(image.bytes.subarray(row + rowHeaderBytes, next));
    row = next;
  }
  return data;
}

function withoutDoubles(rdata: readonly Uint8Array[]): readonly Uint8Array[] {
  for (let index = 1; index < rdata.length; index++) {
    if (isDouble(rdata, index)) return rdata.filter((_, each) => !isDouble(rdata, each));
  }
  return rdata;
}

/** Whether an earlier record is the same. */
function isDouble(rdata: readonly Uint8Array[], index: number): boolean {
  const data = rdata[index];
  for (let earlier = 0; earlier < index; earlier++) if (areEqual(rdata[earlier], data)) return true;
  return false;
}

/** From the end: addresses of one network differ there. */
function areEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (b === undefined || a?.length !== b.length) return false;
  for (let index = b.length - 1; index >= 0; index--) if (a[index] !== b[index]) return false;
  return true;
}
