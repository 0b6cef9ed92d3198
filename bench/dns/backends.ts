/** TCP listeners for health checks: what the dynamic cases answer is up as long as the benchmark runs. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { backends } from './dynamic.ts';

/** Running listeners, all on one port. */
export interface Backends {
  readonly port: number;
  close(): void;
}

/** Listens on every backend address. */
export async function startBackends(): Promise<Backends> {
  const servers: Server[] = [];
  let port = 0;
  for (const address of backends) {
    // A probe's connection is closed by the probe.
    const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(port, address);
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the system gave no port');
    port = bound.port;
    servers.push(server);
  }
  return {
    port,
    close: () => {
      for (const server of servers) server.close();
    },
  };
}
