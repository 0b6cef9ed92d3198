/** How the client of a speaker in a thread sees that thread end: by itself, which is told once, or because it was stopped. */
import type { WorkerThread } from './worker.ts';

/** How long a thread has to stop by itself before it is terminated. */
const stopTimeoutMs = 3000;

type State =
  { readonly kind: 'running' } | { readonly kind: 'stopping' } | { readonly kind: 'dead'; readonly why: string };

/** Who is told. */
export interface WorkerOwner {
  /** As in "the BFD worker ended". */
  readonly worker: string;
  /** As in "the BFD speaker is stopped". */
  readonly speaker: string;
  /** It ended by itself. */
  readonly onEnded: (text: string) => void;
  /** It is gone, in whatever way: nothing is answered any more. */
  readonly onGone: () => void;
}

/** The life of one thread. */
export class WorkerLife {
  readonly #worker: WorkerThread;
  readonly #owner: WorkerOwner;
  readonly #gone = Promise.withResolvers<undefined>();
  #state: State = { kind: 'running' };

  constructor(worker: WorkerThread, owner: WorkerOwner) {
    this.#worker = worker;
    this.#owner = owner;
    worker.on('error', (error: unknown) => this.#die(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (exitCode: number) => this.#exit(exitCode));
  }

  get isDead(): boolean {
    return this.#state.kind === 'dead';
  }

  /** Why nothing can be asked of it; undefined while it runs. */
  refusal(): string | undefined {
    if (this.#state.kind === 'stopping') return `${this.#owner.speaker} is stopped`;
    return this.#state.kind === 'dead' ? this.#state.why : undefined;
  }

  /** Has it stopped, by `ask` the first time; resolves when it is gone. */
  async stop(ask: () => void): Promise<void> {
    if (this.#state.kind === 'running') {
      this.#state = { kind: 'stopping' };
      ask();
    }
    const deadline = setTimeout(() => void this.#worker.terminate(), stopTimeoutMs);
    await this.#gone.promise;
    clearTimeout(deadline);
  }

  #die(detail: string): void {
    const why = `${this.#owner.worker} ended: ${detail}`;
    this.#state = { kind: 'dead', why };
    this.#owner.onEnded(`${why}; all its sessions are gone`);
  }

  #exit(exitCode: number): void {
    if (this.#state.kind === 'running') this.#die(`exit code ${exitCode}`);
    if (this.#state.kind !== 'dead') this.#state = { kind: 'dead', why: `${this.#owner.speaker} is stopped` };
    this.#owner.onGone();
    this.#gone.resolve(undefined);
  }
}
