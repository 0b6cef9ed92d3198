/**
 * Lua tables: a list for the keys 1 to n and a hash for all others, which keeps the order in which keys came.
 *
 * That order is kept so that one source gives one answer on every server; Lua itself promises none.
 */
import { LuaError, LuaLimit } from './error.ts';
import type { LuaValue } from './value.ts';

/** More entries than any record needs. */
const maxEntries = 10_000;

export class LuaTable {
  metatable: LuaTable | undefined = undefined;
  /** Standard libraries: what a query changed there, the next would see. */
  isFrozen = false;
  /** Values of the keys 1 to n; the last is never nil. */
  readonly list: LuaValue[] = [];
  readonly #places = new Map<LuaValue, number>();
  readonly #keys: LuaValue[] = [];
  readonly #values: LuaValue[] = [];

  /** Builds a table of the keys 1 to n; the values must not be nil. */
  static of(values: readonly LuaValue[]): LuaTable {
    const table = new LuaTable();
    for (const value of values) table.list.push(value);
    return table;
  }

  /** A border: where the list ends. */
  get length(): number {
    return this.list.length;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key >= 1 && key <= this.list.length && Number.isInteger(key)) {
      return this.list[key - 1];
    }
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }

  set(key: LuaValue, value: LuaValue): void {
    if (this.isFrozen) throw new LuaError('attempt to change a standard library');
    if (key === undefined) throw new LuaError('table index is nil');
    if (typeof key === 'number') {
      if (Number.isNaN(key)) throw new LuaError('table index is NaN');
      if (this.#setInList(key, value)) return;
    }
    const place = this.#places.get(key);
    if (place !== undefined) this.#values[place] = value;
    else if (value !== undefined) {
      this.#places.set(key, this.#keys.length);
      this.#keys.push(key);
      this.#values.push(value);
      this.#bound();
    }
  }

  /** The entry after that of `key`, or the first after nil; undefined after the last. Throws for a key that never was. */
  next(key: LuaValue): readonly [key: LuaValue, value: LuaValue] | undefined {
    let index = 0;
    if (key !== undefined) {
      const place = this.#places.get(key);
      if (typeof key === 'number' && key >= 1 && key <= this.list.length && Number.isInteger(key)) index = key;
      else if (place !== undefined) index = this.list.length + place + 1;
      else if (typeof key === 'number' && key === this.list.length + 1) index = this.list.length;
      else throw new LuaError("invalid key to 'next'");
    }
    for (; index < this.list.length; index++) {
      const value = this.list[index];
      if (value !== undefined) return [index + 1, value];
    }
    for (let place = index - this.list.length; place < this.#keys.length; place++) {
      const value = this.#values[place];
      if (value !== undefined) return [this.#keys[place], value];
    }
    return undefined;
  }

  #setInList(key: number, value: LuaValue): boolean {
    const { list } = this;
    if (key >= 1 && key <= list.length && Number.isInteger(key)) {
      list[key - 1] = value;
      while (list.length > 0 && list[list.length - 1] === undefined) list.pop();
      return true;
    }
    if (key !== list.length + 1) return false;
    const place = this.#places.get(key);
    if (place !== undefined) this.#values[place] = undefined;
    if (value === undefined) return true;
    list.push(value);
    this.#bound();
    this.#takeFollowing();
    return true;
  }

  /** Keys that came before their turn move into the list. */
  #takeFollowing(): void {
    for (;;) {
      const place = this.#places.get(this.list.length + 1);
      const value = place === undefined ? undefined : this.#values[place];
      if (place === undefined || value === undefined) return;
      this.#values[place] = undefined;
      this.list.push(value);
    }
  }

  #bound(): void {
    if (this.list.length + this.#keys.length > maxEntries) {
      throw new LuaLimit(`a table holds at most ${maxEntries} entries here`);
    }
  }
}
