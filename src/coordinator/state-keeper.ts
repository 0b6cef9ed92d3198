/**
 * Keeps a coordinator's state on disk, and knows what is not there yet: until it is, nothing may be promised to other
 * sites (R19). A disk that refuses is told once, and again when it takes what is written.
 */
import type { Logger } from '#config/log.ts';
import type { DurableState } from '#decide/effects.ts';
import { writeState } from './state-file.ts';

/** The state file of one coordinator. */
export class StateKeeper {
  readonly #path: string;
  readonly #log: Logger;
  #unsaved: DurableState | undefined;
  /** Why it could not be written, as it was told. */
  #toldReason: string | undefined;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** Takes the newest state and writes it. */
  keep(state: DurableState): void {
    this.#unsaved = state;
    this.flush();
  }

  /** Writes what is not on disk yet; returns whether nothing is left. */
  flush(): boolean {
    if (this.#unsaved === undefined) return true;
    try {
      writeState(this.#path, this.#unsaved);
      this.#unsaved = undefined;
      if (this.#toldReason !== undefined) this.#log.info({ event: 'state' }, `${this.#path} is written again`);
      this.#toldReason = undefined;
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `${this.#path} cannot be written, the other coordinators are not told: ${why}`;
      // Tried again for each report to the others: once a second says nothing new.
      if (why !== this.#toldReason) this.#log.error({ event: 'state' }, text);
      this.#toldReason = why;
      return false;
    }
  }
}
