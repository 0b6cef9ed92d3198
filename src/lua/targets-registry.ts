/**
 * Registers targets of checks: those of constant code when a whole record is sound, those that code computes when they
 * are met.
 */
import { present } from '#base/assert.ts';
import { targetKey } from './health.ts';
import type { HealthHandle, HealthReading, HealthSource, HealthTarget } from './health.ts';
import { LuaError } from './language/error.ts';

/** Targets that code may compute, over all records: a query must not make checks without end. */
export const maxComputedTargets = 10_000;
/** Those of one record, so that none leaves the others without. */
export const maxTargetsOfRecord = 1000;

/** A target that is registered when its record is. */
class LateHandle implements HealthHandle {
  #handle: HealthHandle | undefined;

  take(handle: HealthHandle): void {
    this.#handle = handle;
  }

  read(): HealthReading {
    return present(this.#handle, 'a registered target').read();
  }

  weight(): number {
    return present(this.#handle, 'a registered target').weight();
  }
}

/** The targets of one record while it is compiled. */
export class RecordTargets implements HealthSource {
  readonly #pending: { readonly target: HealthTarget; readonly handle: LateHandle }[] = [];

  register(target: HealthTarget): HealthHandle {
    const handle = new LateHandle();
    this.#pending.push({ target, handle });
    return handle;
  }

  /** Registers everything, in the order in which it was met. */
  commit(health: HealthSource): void {
    for (const { target, handle } of this.#pending) handle.take(health.register(target));
    this.#pending.length = 0;
  }
}

/** The targets that code computes, of all records together. */
export class ComputedTargets {
  readonly #health: HealthSource;
  readonly #handles = new Map<string, HealthHandle>();

  constructor(health: HealthSource) {
    this.#health = health;
  }

  /** Where one record registers what it computes. */
  ofRecord(): HealthSource {
    const keys = new Set<string>();
    return {
      register: (target) => {
        const key = targetKey(target);
        if (!keys.has(key) && keys.size >= maxTargetsOfRecord)
          throw new LuaError(`the record computed more than ${maxTargetsOfRecord} targets to check`);
        const handle = this.#registerOnce(key, target);
        keys.add(key);
        return handle;
      },
    };
  }

  #registerOnce(key: string, target: HealthTarget): HealthHandle {
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    if (this.#handles.size >= maxComputedTargets)
      throw new LuaError(`records computed more than ${maxComputedTargets} targets to check`);
    const handle = this.#health.register(target);
    this.#handles.set(key, handle);
    return handle;
  }
}
