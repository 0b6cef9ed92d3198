/** A stand-in coordinator for tests of the agent: takes reports, checks them by the schema, lets tests await them. */
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { reportSchema } from '#health/report.ts';
import type { Report } from '#health/report.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';

/** A report as it came in. */
export interface Received {
  readonly report: Report;
  readonly authorization: string | undefined;
  readonly atMs: number;
}

export interface Collector {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many connections it has had. */
  readonly connections: () => number;
  /** The first report from the `from`th on that is wanted; rejects after ten seconds. */
  until(what: string, isWanted: (report: Report) => boolean, from?: number): Promise<Received>;
  /** Closes its port and every connection. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

const deadlineMs = 10_000;

/** Starts a collector on `host`; with `isHanging` it takes requests and never answers. */
export async function startCollector(
  context: TestContext,
  { host = '127.0.0.1', isHanging = false } = {},
): Promise<Collector> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let connections = 0;
  // Chosen by us, so that nobody else gets it while the collector is stopped.
  const port = await freePort();
  let server = http.createServer();

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const report = reportSchema.safeParse(JSON.parse(await text(request)));
    if (!report.success) throw new Error(`a report that the schema refuses: ${report.error.message}`);
    received.push({ report: report.data, authorization: request.headers.authorization, atMs: performance.now() });
    for (const wake of waiting) wake();
    if (!isHanging) response.writeHead(204).end();
  };
  const start = async (): Promise<void> => {
    server = http.createServer((request, response) => void handle(request, response));
    server.on('connection', () => connections++);
    server.listen(port, host);
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const until: Collector['until'] = async (what, isWanted, from = 0) => {
    const late = AbortSignal.timeout(deadlineMs);
    for (let index = from; ; index++) {
      while (index >= received.length) {
        if (late.aborted) throw new Error(`no report "${what}" within ${deadlineMs}ms`);
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          late.addEventListener('abort', () => resolve(), { once: true });
        });
        waiting.clear();
      }
      const candidate = received[index];
      if (candidate !== undefined && isWanted(candidate.report)) return candidate;
    }
  };
  await start();
  context.after(stop);
  return { url: `http://${host}:${port}`, received, connections: () => connections, until, start, stop };
}
