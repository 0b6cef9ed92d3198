/**
 * The client's end of a BFD speaker in a worker. Checks options here, so that their faults are returned at once; what
 * the system refuses comes as an `error` event, and the session is not there. If the worker dies, an `ended` event says
 * so, the sessions are gone, and it is the owner's decision to make a new one.
 */
import { assertNever, refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import type { WorkerThread } from '../system/worker.ts';
import { checkBfdOptions } from './options.ts';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot, BfdSpeaker } from './types.ts';
import type { BfdWorkerReply, BfdWorkerRequest } from './worker-messages.ts';

/** How long a worker has to stop by itself before it is terminated. */
const stopTimeoutMs = 3000;

type Life =
  { readonly kind: 'running' } | { readonly kind: 'stopping' } | { readonly kind: 'dead'; readonly why: string };

/** The client's end of a worker that runs worker.ts. */
export class WorkerBfd implements BfdSpeaker {
  readonly #worker: WorkerThread;
  readonly #onEvent: (event: BfdEvent) => void;
  readonly #names = new Set<string>();
  readonly #exited = Promise.withResolvers<undefined>();
  readonly #snapshots = new Map<number, PromiseWithResolvers<readonly BfdSnapshot[]>>();
  #nextSnapshotId = 0;
  #life: Life = { kind: 'running' };

  constructor(worker: WorkerThread, onEvent: (event: BfdEvent) => void) {
    this.#worker = worker;
    this.#onEvent = onEvent;
    worker.on('message', (message: BfdWorkerReply) => this.#onReply(message));
    worker.on('error', (error: unknown) => this.#die(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (exitCode: number) => this.#onExit(exitCode));
  }

  addSession(options: BfdSessionOptions): Result<string, string> {
    const checked = checkBfdOptions(options);
    if (!checked.ok) return checked;
    const { name } = checked.value;
    const refusal = this.#refusal() ?? (this.#names.has(name) ? 'there is one of this name' : undefined);
    if (refusal !== undefined) return refuse(`cannot add BFD session "${name}": ${refusal}`);
    this.#names.add(name);
    this.#post({ kind: 'addSession', name, options });
    return succeed(name);
  }

  removeSession(name: string): boolean {
    this.#post({ kind: 'removeSession', name });
    return this.#names.delete(name);
  }

  snapshot(): Promise<readonly BfdSnapshot[]> {
    if (this.#life.kind === 'dead') return Promise.resolve([]);
    const id = this.#nextSnapshotId++;
    const waiting = Promise.withResolvers<readonly BfdSnapshot[]>();
    this.#snapshots.set(id, waiting);
    this.#post({ kind: 'snapshot', id });
    return waiting.promise;
  }

  async stop({ isSilent }: { readonly isSilent: boolean }): Promise<void> {
    if (this.#life.kind === 'running') {
      this.#life = { kind: 'stopping' };
      this.#post({ kind: 'stop', isSilent });
    }
    const deadline = setTimeout(() => void this.#worker.terminate(), stopTimeoutMs);
    await this.#exited.promise;
    clearTimeout(deadline);
  }

  #post(request: BfdWorkerRequest): void {
    if (this.#life.kind !== 'dead') this.#worker.postMessage(request);
  }

  #onReply(reply: BfdWorkerReply): void {
    switch (reply.kind) {
      case 'event':
        this.#onEvent(reply.event);
        return;
      case 'refused':
        this.#names.delete(reply.name);
        this.#onEvent({ kind: 'error', text: reply.fault });
        return;
      case 'snapshot':
        this.#snapshots.get(reply.id)?.resolve(reply.snapshot);
        this.#snapshots.delete(reply.id);
        return;
      default:
        assertNever(reply);
    }
  }

  #onExit(exitCode: number): void {
    if (this.#life.kind === 'running') this.#die(`exit code ${exitCode}`);
    this.#life = this.#life.kind === 'dead' ? this.#life : { kind: 'dead', why: 'the BFD speaker is stopped' };
    for (const waiting of this.#snapshots.values()) waiting.resolve([]);
    this.#snapshots.clear();
    this.#exited.resolve(undefined);
  }

  #die(detail: string): void {
    const why = `the BFD worker ended: ${detail}`;
    this.#life = { kind: 'dead', why };
    this.#onEvent({ kind: 'ended', text: `${why}; all its sessions are gone` });
  }

  #refusal(): string | undefined {
    if (this.#life.kind === 'stopping') return 'the BFD speaker is stopped';
    return this.#life.kind === 'dead' ? this.#life.why : undefined;
  }
}
