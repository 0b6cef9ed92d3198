/**
 * The client's end of a BFD speaker in a worker. Checks options here, so that their faults are returned at once; what
 * the system refuses comes as an `error` event, and the session is not there. If the worker dies, an `ended` event says
 * so, the sessions are gone, and it is the owner's decision to make a new one.
 */
import { assertNever, refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { WorkerLife } from '../system/worker-life.ts';
import type { WorkerThread } from '../system/worker.ts';
import { checkBfdOptions } from './options.ts';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot, BfdSpeaker } from './types.ts';
import type { BfdWorkerReply, BfdWorkerRequest } from './worker-messages.ts';

/** The client's end of a worker that runs worker.ts. */
export class WorkerBfd implements BfdSpeaker {
  readonly #worker: WorkerThread;
  readonly #life: WorkerLife;
  readonly #onEvent: (event: BfdEvent) => void;
  readonly #names = new Set<string>();
  readonly #snapshots = new Map<number, PromiseWithResolvers<readonly BfdSnapshot[]>>();
  #nextSnapshotId = 0;

  constructor(worker: WorkerThread, onEvent: (event: BfdEvent) => void) {
    this.#worker = worker;
    this.#onEvent = onEvent;
    worker.on('message', (message: BfdWorkerReply) => this.#onReply(message));
    this.#life = new WorkerLife(worker, {
      worker: 'the BFD worker',
      speaker: 'the BFD speaker',
      onEnded: (text) => onEvent({ kind: 'ended', text }),
      onGone: () => this.#giveUp(),
    });
  }

  addSession(options: BfdSessionOptions): Result<string, string> {
    const checked = checkBfdOptions(options);
    if (!checked.ok) return checked;
    const { name } = checked.value;
    const refusal = this.#life.refusal() ?? (this.#names.has(name) ? 'there is one of this name' : undefined);
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
    if (this.#life.isDead) return Promise.resolve([]);
    const id = this.#nextSnapshotId++;
    const waiting = Promise.withResolvers<readonly BfdSnapshot[]>();
    this.#snapshots.set(id, waiting);
    this.#post({ kind: 'snapshot', id });
    return waiting.promise;
  }

  stop({ isSilent }: { readonly isSilent: boolean }): Promise<void> {
    return this.#life.stop(() => this.#post({ kind: 'stop', isSilent }));
  }

  #post(request: BfdWorkerRequest): void {
    if (!this.#life.isDead) this.#worker.postMessage(request);
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

  /** Answers what nobody will answer any more. */
  #giveUp(): void {
    for (const waiting of this.#snapshots.values()) waiting.resolve([]);
    this.#snapshots.clear();
  }
}
