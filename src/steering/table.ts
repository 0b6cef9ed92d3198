/**
 * The steering table: the decision as numbers in shared memory, read by whoever answers queries.
 *
 * One Int32 word per slot, twice: a publication is written whole beside the one that is read, and then takes its place
 * by one store. A reader that meets a changed sequence reads again, so it never sees A down before B up, and it never
 * waits for a writer that the system has stopped half-way. One writer, any readers.
 */
import { assert } from '#base/assert.ts';

const answerableBit = 1;
const changePendingBit = 2;
const unprovenBit = 4;
const withheldBit = 8;
const frozenBit = 16;
const failOpenBit = 32;
/** Where a slot's numbers lie in its word. */
const shedShift = 6;
const weightShift = 14;
const headerWords = 1;
/** By how much the sequence grows with each publication. */
const sequenceStep = 2;

export const maxWeight = 0xffff;
export const maxShed = 0xff;

/** What one slot says. */
export interface SlotValue {
  readonly answerable: boolean;
  readonly changePending: boolean;
  /** No evidence yet: it is answerable for want of any (R3). */
  readonly unproven: boolean;
  /** Not to be answered even where nothing is up: drained, or of a family that is to be empty (R2, R8). */
  readonly withheld: boolean;
  /** Kept as it was last: this vantage doubts itself, or everything went down at once (R5, R8). */
  readonly frozen: boolean;
  /** Answerable because nothing is up (R8). */
  readonly failOpen: boolean;
  /** What it may get in proportion to others: 0 to `maxWeight`. */
  readonly weight: number;
  /** How much of its part it hands on to others, from 0 to `maxShed` for all (R22). */
  readonly shed: number;
}

/** How many different sets of flags a slot can hold: the lowest bits of its word. */
export const slotFlagCount = 64;

/** The table over a SharedArrayBuffer; hand `buffer` to another thread and build a table over it there. */
export class SteeringTable {
  readonly buffer: SharedArrayBuffer;
  readonly slotCount: number;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.slotCount = (this.#words.length - headerWords) / 2;
  }

  /** A table in which every slot is answerable with a change pending: nothing is known yet (R3). */
  static create(slotCount: number): SteeringTable {
    const table = new SteeringTable(new SharedArrayBuffer((2 * slotCount + headerWords) * 4));
    const unproven = { answerable: true, changePending: true, unproven: true };
    table.publish(
      Array<SlotValue>(slotCount).fill({
        ...unproven,
        withheld: false,
        frozen: false,
        failOpen: false,
        weight: 0,
        shed: 0,
      }),
    );
    return table;
  }

  /** Replaces every slot's value as one; returns whether anything differs from before. */
  publish(values: readonly SlotValue[]): boolean {
    assert(values.length === this.slotCount, `${values.length} values fill a table of ${this.slotCount} slots`);
    const words = values.map(encode);
    const sequence = this.sequence();
    const current = this.#start(sequence);
    if (words.every((word, slot) => Atomics.load(this.#words, current + slot) === word)) return false;
    const next = this.#start(sequence + sequenceStep);
    for (const [slot, word] of words.entries()) Atomics.store(this.#words, next + slot, word);
    Atomics.add(this.#words, 0, sequenceStep);
    return true;
  }

  /** One slot's value; where several must agree, read them between two equal sequences. */
  read(slot: number): SlotValue {
    return decodeSlot(this.word(slot));
  }

  /** One slot's value as the number that it is. */
  word(slot: number): number {
    // Not by `assert`, which would write its message for every query.
    if (slot < 0 || slot >= this.slotCount) throw new Error(`bug: slot ${slot} is not in a table of ${this.slotCount}`);
    return Atomics.load(this.#words, this.#start(this.sequence()) + slot);
  }

  /** Another number after each publication, always even. */
  sequence(): number {
    return Atomics.load(this.#words, 0);
  }

  /** Where the words of the publication with this sequence begin. */
  #start(sequence: number): number {
    return headerWords + ((sequence / sequenceStep) & 1) * this.slotCount;
  }
}

/** What a slot's word says. */
export function decodeSlot(word: number): SlotValue {
  return {
    answerable: (word & answerableBit) !== 0,
    changePending: (word & changePendingBit) !== 0,
    unproven: (word & unprovenBit) !== 0,
    withheld: (word & withheldBit) !== 0,
    frozen: (word & frozenBit) !== 0,
    failOpen: (word & failOpenBit) !== 0,
    weight: weightOf(word),
    shed: shedOf(word),
  };
}

/** What a word says beside its numbers. */
export type SlotFlags = Omit<SlotValue, 'weight' | 'shed'>;

const flagsByWord: readonly SlotFlags[] = Array.from({ length: slotFlagCount }, (_, word) => decodeSlot(word));
const noFlags: SlotFlags = decodeSlot(0);

/** What a slot's word says beside its numbers: made once for each set of flags, so that reading makes nothing. */
export function flagsOf(word: number): SlotFlags {
  return flagsByWord[word & (slotFlagCount - 1)] ?? noFlags;
}

/** The weight in a slot's word. */
export function weightOf(word: number): number {
  return (word >>> weightShift) & maxWeight;
}

/** The part that a slot's word hands on. */
export function shedOf(word: number): number {
  return (word >>> shedShift) & maxShed;
}

function encode(value: SlotValue): number {
  const { weight, shed } = value;
  assert(weight >= 0 && weight <= maxWeight && shed >= 0 && shed <= maxShed, 'a slot takes its weight and shed part');
  return (
    (weight << weightShift) |
    (shed << shedShift) |
    (value.answerable ? answerableBit : 0) |
    (value.changePending ? changePendingBit : 0) |
    (value.unproven ? unprovenBit : 0) |
    (value.withheld ? withheldBit : 0) |
    (value.frozen ? frozenBit : 0) |
    (value.failOpen ? failOpenBit : 0)
  );
}
