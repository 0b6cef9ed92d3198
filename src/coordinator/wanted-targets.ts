/**
 * Checks that records ask for as they run: targets that no constant in their code names. Each is wanted once for a
 * release, however many threads meet it, and those of a moment are put in force together.
 */
import { targetKey } from '#lua/health.ts';
import type { HealthTarget } from '#lua/health.ts';

/** What is met together in a burst of queries is one change of the generation; the more there are, the more wait. */
const gatherMs = 50;
const longestGatherMs = 5000;

/** More than this for one release are not checked: a query must not make checks without end. */
export const maxWantedTargets = 10_000;

/** Gathers targets. */
export class WantedTargets {
  readonly #onWanted: (targets: readonly HealthTarget[]) => void;
  readonly #targets = new Map<string, HealthTarget>();
  #timer: NodeJS.Timeout | undefined;

  /** `onWanted` gets all of this release, whenever there are more. */
  constructor(onWanted: (targets: readonly HealthTarget[]) => void) {
    this.#onWanted = onWanted;
  }

  add(target: HealthTarget): void {
    const key = targetKey(target);
    if (this.#targets.has(key) || this.#targets.size >= maxWantedTargets) return;
    this.#targets.set(key, target);
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#onWanted([...this.#targets.values()]);
      },
      Math.min(longestGatherMs, gatherMs + 5 * this.#targets.size),
    );
  }

  /** All of this release. */
  get targets(): readonly HealthTarget[] {
    return [...this.#targets.values()];
  }

  /** Another release is in force: what the one before wanted counts no more. */
  clear(): void {
    this.#targets.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
