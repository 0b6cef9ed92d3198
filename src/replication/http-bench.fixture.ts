/** A writer's handlers behind a real HTTP server on loopback, for tests of followers. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { createReplicationHandlers } from './handlers.ts';
import type { ReplicationHandlers } from './handlers.ts';
import type { ConfigStore } from './store.ts';

/** A server that can be cut off: while it is, connections are dropped, those that are open too. */
export interface TestServer {
  readonly url: string;
  readonly handlers: ReplicationHandlers;
  /** Replaces what the next calls of a path give, for a source that lies. */
  readonly lies: Map<string, string | Uint8Array>;
  cut(): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

export const token = 'a-token';

/** Serves one store as its writer. */
export async function serveStore(store: ConfigStore): Promise<TestServer> {
  const handlers = createReplicationHandlers({
    store,
    role: { kind: 'writer' },
    recheck: () => [],
    unixMs: () => 1_790_000_000_000,
  });
  const lies = new Map<string, string | Uint8Array>();
  const server = createServer((request, response) => {
    void answer({ handlers, lies }, request, response);
  });
  const port = await freePort();
  const listen = async (): Promise<void> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  await listen();
  return { url: `http://127.0.0.1:${port}`, handlers, lies, cut: close, heal: listen, close };
}

async function answer(
  { handlers, lies }: Pick<TestServer, 'handlers' | 'lies'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end(JSON.stringify({ error: { code: 'unauthorized', message: 'no token' } }));
    return;
  }
  const lie = lies.get(url.pathname);
  if (lie !== undefined) {
    response.end(lie);
    return;
  }
  if (url.pathname === '/v1/heads') {
    const ended = new AbortController();
    response.on('close', () => {
      ended.abort();
    });
    const since = url.searchParams.get('since') ?? undefined;
    const waitMs = Number(url.searchParams.get('waitMs'));
    const heads = await handlers.handleHeads({ since, waitMs, signal: ended.signal });
    if (!heads.ok) {
      response.writeHead(heads.fault.status).end(JSON.stringify({ error: heads.fault }));
    } else if (heads.value.length === 0) response.writeHead(204).end();
    else response.end(JSON.stringify({ heads: heads.value }));
    return;
  }
  const bytes = await handlers.handleObject(url.pathname.replace('/v1/objects/', ''));
  if (bytes === undefined) response.writeHead(404).end();
  else response.end(bytes);
}
