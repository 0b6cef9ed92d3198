/** A web server of a site: it can die, come back, and fail its health check while its port accepts. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Scope } from './scope.ts';
import { webPort } from './world.ts';

export interface WebServer {
  /** The status of every answer from now on. */
  setStatus(status: number): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on the port of `www`; it ends with its scope. */
export async function startWebServer(scope: Scope, address: string): Promise<WebServer> {
  let status = 200;
  let server: Server | undefined;
  const start = async (): Promise<void> => {
    server = createServer((_, response) => response.writeHead(status).end());
    server.listen(webPort, address);
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    const ending = server;
    server = undefined;
    if (ending === undefined) return;
    const closed = once(ending, 'close');
    ending.close();
    ending.closeAllConnections();
    await closed;
  };
  await start();
  scope.after(stop);
  return {
    setStatus: (next) => {
      status = next;
    },
    start,
    stop,
  };
}
