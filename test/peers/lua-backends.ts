/** Backends for health checks, up and down: TCP and HTTP on loopback addresses of the test's own, on one port. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { loopbackAddress } from '../cli/scope.ts';
import type { Scope } from '../cli/scope.ts';

/** The port of every backend. */
export const backendPort = 8080;

/** How one backend answers HTTP; each of them accepts TCP. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers with a status and a body. */
export function says(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (_, response) => {
    response.writeHead(status, { ...headers, connection: 'close' }).end(body);
  };
}

/** Answers 200 where the request has this header, else 403. */
export function wants(header: string, value: string): Behaviour {
  return (request, response) => {
    says(request.headers[header] === value ? 200 : 403)(request, response);
  };
}

/** Takes the request and never answers. */
export const silent: Behaviour = () => undefined;

/** A backend's address; it is down until it is opened. */
export class Backend {
  readonly address = loopbackAddress();
  #server: Server | undefined;

  async open(behaviour: Behaviour): Promise<void> {
    const server = createServer(behaviour).listen(backendPort, this.address);
    this.#server = server;
    await once(server, 'listening');
  }

  /** Refuses connections from now on. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** Backends by name; those with no behaviour are down. */
export async function openBackends<Name extends string>(
  scope: Scope,
  behaviours: Readonly<Record<Name, Behaviour | undefined>>,
): Promise<Readonly<Record<Name, Backend>>> {
  const backends: Partial<Record<Name, Backend>> = {};
  for (const [name, behaviour] of Object.entries<Behaviour | undefined>(behaviours)) {
    const backend = new Backend();
    // The keys of a record are its names.
    backends[name as Name] = backend;
    if (behaviour !== undefined) await backend.open(behaviour);
    scope.after(() => backend.close());
  }
  return backends as Record<Name, Backend>;
}
