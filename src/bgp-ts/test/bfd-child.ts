/**
 * A BFD speaker as a process of its own, so that tests can put it into a network namespace: takes commands and tells
 * events over Node's channel between processes. Also sends packets that no speaker would.
 */
import { createSocket } from 'node:dgram';
import { Worker } from 'node:worker_threads';
import { WorkerBfd } from '../src/bfd/worker-bfd.ts';
import { createWorkerBfd } from '../src/bfd/worker-client.ts';
import { storm } from './bfd-storm.ts';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot } from '../src/bfd/types.ts';

/** Test to child. */
export type BfdChildCommand =
  /** `isInStorm` puts the session into a worker that makes garbage all the time. */
  | { readonly kind: 'add'; readonly options: BfdSessionOptions; readonly isInStorm: boolean }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'stop'; readonly isSilent: boolean }
  | { readonly kind: 'send'; readonly hex: string; readonly address: string; readonly ttl: number }
  /** Makes garbage and keeps this thread busy by turns, until the process ends. */
  | { readonly kind: 'storm' };

/** Child to test. */
export type BfdChildNews =
  | { readonly kind: 'event'; readonly event: BfdEvent }
  | { readonly kind: 'added'; readonly fault: string | undefined }
  | { readonly kind: 'snapshot'; readonly snapshot: readonly BfdSnapshot[] }
  | { readonly kind: 'sent' };

const tell = (news: BfdChildNews): void => {
  process.send?.(news);
};
const onEvent = (event: BfdEvent): void => tell({ kind: 'event', event });
const speaker = createWorkerBfd({ onEvent });
let inStorm: WorkerBfd | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (command: BfdChildCommand) => {
  void obey(command);
});

async function obey(command: BfdChildCommand): Promise<void> {
  switch (command.kind) {
    case 'add': {
      const added = (command.isInStorm ? stormSpeaker() : speaker).addSession(command.options);
      tell({ kind: 'added', fault: added.ok ? undefined : added.fault });
      return;
    }
    case 'remove':
      if (!speaker.removeSession(command.name)) inStorm?.removeSession(command.name);
      return;
    case 'snapshot': {
      tell({ kind: 'snapshot', snapshot: [...(await speaker.snapshot()), ...((await inStorm?.snapshot()) ?? [])] });
      return;
    }
    case 'stop':
      await Promise.all([speaker.stop(command), inStorm?.stop(command)]);
      {
        process.disconnect();
        return;
      }
    case 'send': {
      send(command.hex, command.address, command.ttl);
      return;
    }
    case 'storm': {
      storm(0);
      return;
    }
  }
}

function send(hex: string, address: string, ttl: number): void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, () => {
    socket.setTTL(ttl);
    socket.send(Buffer.from(hex, 'hex'), 3784, address, () => socket.close(() => tell({ kind: 'sent' })));
  });
}

function stormSpeaker(): WorkerBfd {
  const entry = new URL('./bfd-storm-worker.ts', import.meta.url);
  inStorm ??= new WorkerBfd(new Worker(entry, { workerData: { allowUnfiltered: false } }), onEvent);
  return inStorm;
}
