/** Starts a thread whose end is told in one way, whether it could be started or not. */
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** What a client needs of a thread. */
export type WorkerThread = Pick<Worker, 'postMessage' | 'terminate'> & Pick<EventEmitter, 'on'>;

/**
 * Starts the thread whose entry, a module named without its suffix, stands beside the caller's, compiled or not as that
 * one is. A thread that the system refuses emits `error` and `exit`, as one does that dies at once.
 */
export function startWorker(
  caller: string,
  entry: string,
  options: WorkerOptions,
  create: (url: URL, options: WorkerOptions) => WorkerThread = createThread,
): WorkerThread {
  try {
    return create(new URL(caller.endsWith('.ts') ? `${entry}.ts` : `${entry}.js`, caller), options);
  } catch (error) {
    return new RefusedThread(error);
  }
}

function createThread(url: URL, options: WorkerOptions): WorkerThread {
  return new Worker(url, options);
}

class RefusedThread extends EventEmitter implements WorkerThread {
  constructor(error: unknown) {
    super();
    queueMicrotask(() => {
      this.emit('error', error);
      this.emit('exit', 1);
    });
  }

  postMessage(): void {
    // Nobody is there, which `error` says.
  }

  terminate(): Promise<number> {
    return Promise.resolve(1);
  }
}
