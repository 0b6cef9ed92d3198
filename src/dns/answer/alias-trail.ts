/** The names that an answer has come through by aliases: bounded, and none of them twice. */
import { equalNamesAt } from '../wire/name.ts';

/** Aliases followed in one answer; real chains have one or two. */
export const maxAliases = 16;

/** Owners of aliases, by where they lie; used again for each answer. */
export class AliasTrail {
  #count = 0;
  readonly #names: Uint8Array[] = [];
  readonly #offsets = new Uint32Array(maxAliases + 1);

  get length(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Adds the alias at `nameAt`; false where it is one too many, or where its target was passed already. */
  add(name: Uint8Array, nameAt: number, target: Uint8Array, targetAt: number): boolean {
    this.#names[this.#count] = name;
    this.#offsets[this.#count++] = nameAt;
    if (this.#count > maxAliases) return false;
    for (let index = 0; index < this.#count; index++) {
      if (equalNamesAt(this.#names[index] ?? target, this.#offsets[index] ?? 0, target, targetAt)) return false;
    }
    return true;
  }
}
