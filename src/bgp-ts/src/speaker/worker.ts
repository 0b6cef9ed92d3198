/** Entry of the worker thread: a speaker behind the thread's message port. Started by worker-client.ts only. */
import { parentPort } from 'node:worker_threads';
import { assertNever } from '../result.ts';
import type { Result } from '../result.ts';
import { EventRelay } from './event-relay.ts';
import { Speaker } from './speaker.ts';
import type { DesiredCall, WorkerReply, WorkerRequest } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('bug: worker.ts runs outside a worker');

const reply = (message: WorkerReply): void => port.postMessage(message);
const relay = new EventRelay((event) => reply({ kind: 'event', event }));
const speaker = new Speaker({ onEvent: (event) => relay.tell(event) });

port.on('message', (requests: readonly WorkerRequest[]) => {
  for (const request of requests) void handle(request);
  speaker.flush();
});

async function handle(request: WorkerRequest): Promise<void> {
  switch (request.kind) {
    case 'addPeer':
      reportFault(speaker.addPeer(request.options));
      return;
    case 'removePeer':
      speaker.removePeer(request.name, request.how);
      return;
    case 'setDesired':
      for (const call of request.calls) reportFault(setDesired(call));
      return;
    case 'declareComplete':
      speaker.declareComplete();
      return;
    case 'resetPeer':
      speaker.resetPeer(request.name, request.how);
      return;
    case 'listen':
      reply({ kind: 'listening', id: request.id, result: await speaker.listen(request.options) });
      return;
    case 'snapshot':
      await speaker.takeSnapshot((part) => reply({ kind: 'snapshotPart', id: request.id, part }));
      reply({ kind: 'snapshotEnd', id: request.id });
      return;
    case 'seen':
      relay.seen(request.weight);
      return;
    case 'stop':
      await speaker.stop(request.how);
      port?.close();
      return;
    default:
      assertNever(request);
  }
}

function setDesired({ peer, prefix, attributes, reason }: DesiredCall): Result<void, string> {
  if (peer !== undefined) return speaker.setDesiredFor(peer, prefix, attributes, reason);
  return speaker.setDesired(prefix, attributes ?? null, reason);
}

/** The client has checked already, so a fault here is news for people, not a value for a caller. */
function reportFault(result: Result<unknown, string>): void {
  if (!result.ok) relay.tell({ kind: 'error', text: result.fault });
}
