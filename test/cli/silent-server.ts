/** A server that accepts on the port of `www` and says nothing. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Scope } from './scope.ts';
import { webPort } from './world.ts';

/** Starts one; it ends with its scope. */
export async function startSilentServer(scope: Scope, address: string): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
  });
  server.listen(webPort, address);
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}
