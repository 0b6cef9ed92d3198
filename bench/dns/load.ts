/** How long a server takes from its start to its first right answer with a large zone, and the memory it has then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer } from './peers/peer.ts';
import { readMemory } from './process-figures.ts';
import type { MemoryReading } from './process-figures.ts';
import { startServer } from './server.ts';

/** One start. */
export interface StartFigures {
  readonly startMs: number;
  readonly memory: MemoryReading;
}

/** Every start of one server. */
export interface LoadFigures {
  readonly server: string;
  readonly starts: readonly StartFigures[];
}

/** What is freed after loading gets this long to go back to the system. */
const settleMs = 3000;

/** Starts each server `times` times, one at a time, on all cores. */
export async function measureLoad(
  peers: readonly Peer[],
  zoneFile: string,
  {
    times,
    threads,
    report,
  }: { readonly times: number; readonly threads: number; readonly report: (line: string) => void },
): Promise<readonly LoadFigures[]> {
  const starts = new Map<string, StartFigures[]>(peers.map(({ name }) => [name, []]));
  for (let time = 1; time <= times; time++) {
    for (const peer of peers) {
      const server = await startServer(peer, { zoneFile, threads, cores: undefined });
      await sleep(settleMs);
      const memory = readMemory(server.pids());
      await server.stop();
      starts.get(peer.name)?.push({ startMs: server.startMs, memory });
      report(`load ${time}/${times} ${peer.name}: ${(server.startMs / 1000).toFixed(2)} s`);
    }
  }
  return [...starts].map(([server, list]) => ({ server, starts: list }));
}
