/**
 * Entry of the BFD thread: a speaker behind the thread's message port, with a little more of the processor than other
 * threads where the system grants that. Started by worker-client.ts only.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { assertNever } from '../result.ts';
import { InThreadBfd } from './speaker.ts';
import type { BfdWorkerData, BfdWorkerReply, BfdWorkerRequest } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('bug: worker.ts runs outside a worker');

raisePriority();

// The client, and nobody else, starts this file, and gives this shape.
const options = workerData as BfdWorkerData;
const reply = (message: BfdWorkerReply): void => port.postMessage(message);
const speaker = new InThreadBfd({ ...options, onEvent: (event) => reply({ kind: 'event', event }) });

port.on('message', (request: BfdWorkerRequest) => {
  void handle(request);
});

async function handle(request: BfdWorkerRequest): Promise<void> {
  switch (request.kind) {
    case 'addSession': {
      const added = speaker.addSession(request.options);
      if (!added.ok) reply({ kind: 'refused', name: request.name, fault: added.fault });
      return;
    }
    case 'removeSession':
      speaker.removeSession(request.name);
      return;
    case 'snapshot':
      reply({ kind: 'snapshot', id: request.id, snapshot: await speaker.snapshot() });
      return;
    case 'stop':
      await speaker.stop({ isSilent: request.isSilent });
      port?.close();
      return;
    default:
      assertNever(request);
  }
}

/** On Linux, 0 in setpriority(2) means the calling thread and not its process; without the privilege nothing changes. */
function raisePriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, -10);
  } catch {
    // Timers are a little later under load then, and lateness is counted.
  }
}
