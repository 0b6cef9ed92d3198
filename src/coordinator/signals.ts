/**
 * The signals of a coordinator's process, from before it reads its files until it has ended: none ends it unheard.
 *
 * SIGTERM and SIGINT ask for the end, and a second one ends the process at once. SIGHUP asks for a reload; where
 * nothing runs that could do it, it waits.
 */

/** Listens from its construction until `close`. */
export class Signals {
  /** Resolves when the end is asked for. */
  readonly endAsked: Promise<undefined>;
  readonly #end = Promise.withResolvers<undefined>();
  #isEndAsked = false;
  #isReloadDue = false;
  #reload: (() => void) | undefined;

  constructor() {
    this.endAsked = this.#end.promise;
    process.on('SIGTERM', this.#onEnd).on('SIGINT', this.#onEnd).on('SIGHUP', this.#onReload);
  }

  /** Who reloads from now on; undefined while nobody can. A reload that was asked for meanwhile is done at once. */
  reloadBy(reload: (() => void) | undefined): void {
    this.#reload = reload;
    if (reload === undefined || !this.#isReloadDue) return;
    this.#isReloadDue = false;
    reload();
  }

  /** Leaves the signals to the system. */
  close(): void {
    process.off('SIGTERM', this.#onEnd).off('SIGINT', this.#onEnd).off('SIGHUP', this.#onReload);
  }

  readonly #onEnd = (): void => {
    // Whoever asks twice does not want to wait.
    if (this.#isEndAsked) process.exit(1);
    this.#isEndAsked = true;
    this.#end.resolve(undefined);
  };

  readonly #onReload = (): void => {
    if (this.#reload === undefined) this.#isReloadDue = true;
    else this.#reload();
  };
}
