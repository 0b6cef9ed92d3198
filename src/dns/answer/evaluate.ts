/** What the programs of an RRset give now, with the records that the set has of its own (R13). */
import { rowHeaderBytes, rrset as rrsetWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import type { AnswerNote, Client } from '../zone/dynamic.ts';
import type { Generation } from './generation.ts';

/** The records of one RRset, or why there are none. */
export interface EvaluatedRrset {
  readonly rdata: readonly Uint8Array[];
  readonly ttlSeconds: number;
  /** Bits of the client's address on which the set may depend (R15). */
  readonly scopeBits: number;
  readonly note: AnswerNote | undefined;
  readonly failure: string | undefined;
}

/** A publication takes microseconds; after so many turns something else is wrong, and an answer is better than none. */
const maxTurns = 10_000;

/** Runs the programs of the RRset at place `found` on one state of health: A is never seen down before B is seen up. */
export function evaluatePrograms(generation: Generation, found: number, client: Client): EvaluatedRrset {
  for (let turn = 1; ; turn++) {
    const before = generation.sequence();
    const evaluated = evaluateOnce(generation, found, client);
    if (((before & 1) === 0 && generation.sequence() === before) || turn === maxTurns) return evaluated;
  }
}

/** The first program that fails ends it. */
function evaluateOnce(generation: Generation, found: number, client: Client): EvaluatedRrset {
  const { image, programs, minimumTtlSeconds } = generation;
  const rdata = ownData(image, found);
  const first = image.word(found + rrsetWord.firstProgram);
  const ownTtlSeconds = image.word(found + rrsetWord.ttl);
  let ttlSeconds = ownTtlSeconds;
  let scopeBits = 0;
  let note: AnswerNote | undefined;
  for (let index = first; index < first + image.programCount(found); index++) {
    const program = programs[index];
    if (program === undefined) continue;
    const answer = program.evaluate(client);
    if (answer.kind === 'failure') {
      return { rdata: [], ttlSeconds, scopeBits, note, failure: answer.reason };
    }
    scopeBits = Math.max(scopeBits, answer.scopeBits);
    // A set has no record twice (RFC 2181 §5), though several programs may give the same.
    for (const data of answer.rdata) if (!rdata.some((other) => areEqual(other, data))) rdata.push(data);
    note ??= answer.note;
    if (answer.changePending) ttlSeconds = Math.min(ownTtlSeconds, minimumTtlSeconds);
  }
  return { rdata, ttlSeconds, scopeBits, note, failure: undefined };
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

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
