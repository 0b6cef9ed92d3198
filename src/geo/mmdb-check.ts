/**
 * Proves that values of a MaxMind DB file can be decoded: that each ends inside its section, that its length fits its
 * type, that pointers lead to values and not in circles, and that it is neither nested nor expanded without measure.
 * It takes time in proportion to the section, whatever octets are in it.
 */
import {
  arrayType,
  booleanType,
  doubleType,
  floatType,
  integerOctets,
  mapType,
  MmdbCursor,
  MmdbFault,
  octetsType,
  pointerType,
  textType,
} from './mmdb-cursor.ts';

/** Real records nest four deep and hold some two hundred values. */
const maxNesting = 64;
const maxValues = 65_536;

/** Checks the values of a section. */
export class MmdbChecker {
  readonly #cursor: MmdbCursor;
  /** Checks left: in a sound file each value is met once where it stands and at most once as a pointer's target. */
  #budget: number;
  /** Of the value that was checked last: how deep it nests and how many values it is when expanded. */
  #nesting = 0;
  #values = 0;
  /** Both of maps and lists that were checked as a record or as a pointer's target. */
  readonly #nestingAt = new Map<number, number>();
  readonly #valuesAt = new Map<number, number>();

  /** Over octets `start` to `end` of a file. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#cursor = new MmdbCursor(bytes, start, end);
    this.#budget = 4 * (end - start) + 1000;
  }

  /** Proves that the value at an octet of the file can be decoded; throws `MmdbFault`. */
  check(at: number): void {
    this.#checkTarget(at, 0);
  }

  #checkTarget(at: number, depth: number): void {
    const nesting = this.#nestingAt.get(at);
    if (nesting === undefined) {
      this.#checkAt(at, depth);
      if (this.#nesting === 0) return;
      this.#nestingAt.set(at, this.#nesting);
      this.#valuesAt.set(at, this.#values);
      return;
    }
    if (depth + nesting > maxNesting) throw tooDeep(at);
    this.#nesting = nesting;
    this.#values = this.#valuesAt.get(at) ?? 0;
  }

  /** Checks one value and leaves the cursor after it. */
  #checkAt(at: number, depth: number): void {
    const cursor = this.#cursor;
    if (depth > maxNesting) throw tooDeep(at);
    if (--this.#budget < 0) throw new MmdbFault('values overlap each other', at, 'each value once');
    cursor.readHead(at);
    this.#nesting = 0;
    this.#values = 1;
    if (cursor.type === mapType || cursor.type === arrayType) this.#checkEntries(at, depth);
    else if (cursor.type === pointerType) this.#checkPointer(at, depth);
    else this.#checkScalar(at);
  }

  #checkEntries(at: number, depth: number): void {
    const cursor = this.#cursor;
    const isMap = cursor.type === mapType;
    const count = cursor.size;
    const left = cursor.end - cursor.next;
    if (count * (isMap ? 2 : 1) > left)
      throw new MmdbFault(
        `${isMap ? 'a map' : 'an array'} of ${count} entries`,
        at,
        `no more than ${left} octets hold`,
      );
    let next = cursor.next;
    let nesting = 0;
    let values = 1;
    for (let entry = 0; entry < count; entry++) {
      if (isMap) next = this.#checkKey(next);
      this.#checkAt(next, depth + 1);
      next = cursor.next;
      nesting = Math.max(nesting, this.#nesting);
      values += this.#values;
      if (values > maxValues) throw new MmdbFault(`more than ${maxValues} values in one`, at, 'fewer');
    }
    cursor.next = next;
    this.#nesting = nesting + 1;
    this.#values = values;
  }

  /** Checks a key and returns what follows it. */
  #checkKey(at: number): number {
    const cursor = this.#cursor;
    cursor.readHead(at);
    let next = cursor.next;
    if (cursor.type === pointerType) {
      cursor.readHead(cursor.target(at));
    } else next += cursor.size;
    if (cursor.type !== textType) throw new MmdbFault(`a map's key of type ${cursor.type}`, at, 'text, type 2');
    this.#checkScalar(at);
    return next;
  }

  #checkPointer(at: number, depth: number): void {
    const cursor = this.#cursor;
    const next = cursor.next;
    const target = cursor.target(at);
    cursor.readHead(target);
    if (cursor.type === pointerType) throw new MmdbFault('a pointer to a pointer', at, 'a pointer to a value');
    this.#checkTarget(target, depth);
    cursor.next = next;
  }

  #checkScalar(at: number): void {
    const cursor = this.#cursor;
    const type = cursor.type;
    const size = cursor.size;
    if (type === booleanType) {
      if (size > 1) throw new MmdbFault(`a boolean of ${size}`, at, '0 or 1');
      return;
    }
    if (type === doubleType || type === floatType) {
      const right = type === doubleType ? 8 : 4;
      if (size !== right) throw new MmdbFault(`a floating-point number of ${size} octets`, at, `${right} octets`);
    } else if (type !== textType && type !== octetsType) {
      const most = integerOctets.get(type);
      if (most === undefined) throw new MmdbFault(`a value of type ${type}`, at, 'a type of 1 to 11, 14 or 15');
      if (size > most) throw new MmdbFault(`an integer of ${size} octets`, at, `at most ${most} octets`);
    }
    if (cursor.next + size > cursor.end)
      throw new MmdbFault(`a value of ${size} octets`, at, `the ${cursor.end - cursor.next} octets that are left`);
    cursor.next += size;
  }
}

function tooDeep(at: number): MmdbFault {
  return new MmdbFault(`values nest deeper than ${maxNesting}, or point in a circle`, at, 'less');
}
