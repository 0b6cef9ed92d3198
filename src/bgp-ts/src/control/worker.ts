/**
 * Entry of the thread in which the program `bgp-ts` speaks. The control socket is answered here too, beside the
 * sessions: a line costs no hop between threads, and a standard output that nobody reads holds up the main thread alone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Speaker } from '../speaker/speaker.ts';
import { warmUp } from '../speaker/warm-up.ts';
import { runLines } from './execute.ts';
import { startControl } from './server.ts';
import { TextQueue } from './text-queue.ts';
import { lineSayer } from './warm-up.ts';

/** What the thread is started with. */
export interface WorkerStart {
  readonly socketPath: string;
  /** Lines to carry out before the socket is opened. */
  readonly lines: string;
}

/** What the thread tells. */
export type WorkerNews =
  | { readonly kind: 'events'; readonly texts: readonly string[] }
  /** It did not start: a fault of a line, as `LINE: SENTENCE`, or of the socket. */
  | { readonly kind: 'refused'; readonly what: 'lines' | 'socket'; readonly fault: string };

/** What the thread is told. */
export type WorkerRequest =
  | { readonly kind: 'stop' }
  /** So many lines of events were written, or are lost with who read them. */
  | { readonly kind: 'seen'; readonly count: number };

const port = parentPort;
if (port === null) throw new Error('bug: worker.ts runs outside a worker');

const textDelayMs = 20;

const tell = (news: WorkerNews): void => port.postMessage(news);
const queue = new TextQueue((texts) => tell({ kind: 'events', texts }));
const speaker = new Speaker({ onEvent: ({ text }) => note(text) });

/** Tells texts together, a moment later: waking the main thread for each would delay the UPDATEs that follow. */
function note(text: string): void {
  if (queue.add(text)) setTimeout(() => queue.flush(), textDelayMs);
}

async function start({ socketPath, lines }: WorkerStart): Promise<void> {
  const ran = await runLines(speaker, lines);
  if (!ran.ok) {
    tell({ kind: 'refused', what: 'lines', fault: ran.fault });
    return end(undefined);
  }
  const control = await startControl({
    speaker,
    together: (say) => speaker.together(say),
    path: socketPath,
    onStopped: () => void end(control),
  });
  if (!control.ok) {
    tell({ kind: 'refused', what: 'socket', fault: control.fault });
    return end(undefined);
  }
  void warmUp(lineSayer());
  port?.on('message', (request: WorkerRequest) => {
    if (request.kind === 'stop') void end(control);
    else queue.seen(request.count);
  });
}

/** Closes what is left; the thread ends when nothing holds it. */
async function end(control: Awaited<ReturnType<typeof startControl>> | undefined): Promise<void> {
  await speaker.stop({ mode: 'silent' });
  if (control?.ok === true) await control.value.close();
  queue.end();
  port?.close();
}

// main.ts starts this thread, and with this.
await start(workerData as WorkerStart);
