/**
 * The HTTP API of a coordinator: the same routes over TCP and over the control socket.
 *
 * Over TCP every call needs the shared token where one is configured. The control socket needs none: whoever may
 * open the file may act (R30). What the calls do is passed in as `CoordinatorCalls`; this file knows HTTP only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { assert } from '#base/assert.ts';
import type { Result } from '#base/result.ts';
import { peerReportSchema } from '#health/report.ts';
import type { PeerReport } from '#health/report.ts';
import { listenOnSocket } from './control-socket.ts';
import { answerErrors } from './errors.ts';
import { faultBody, schemaFault } from './fault.ts';
import type { ApiFault } from './fault.ts';
import {
  applySchema,
  explainSchema,
  failoverRequestSchema,
  nodeReportSchema,
  overrideRequestSchema,
  rollbackSchema,
  routeOverrideRemovalSchema,
  routeOverrideSchema,
  stopRequestSchema,
  undrainSchema,
} from './requests.ts';
import type {
  ApplyRequest,
  ExplainRequest,
  FailoverRequest,
  NodeReport,
  OverrideRequest,
  RollbackRequest,
  RouteOverrideRemoval,
  RouteOverrideRequest,
  StopRequest,
  UndrainRequest,
} from './requests.ts';
import type { BgpStatus } from './bgp.ts';
import type { Checks } from './checks.ts';
import { metricsType, renderMetrics } from './metrics.ts';
import type { Status } from './status.ts';

/** What a call gives: a value that is sent as JSON, or why not. */
export type CallResult = Result<unknown, ApiFault>;

/** A long poll for newer heads. */
export interface HeadsQuery {
  readonly since: string | undefined;
  readonly waitMs: number;
  /** Ends with the client's connection. */
  readonly signal: AbortSignal;
}

/** What a coordinator does for its callers. */
export interface CoordinatorCalls {
  status(): Promise<Status>;
  checks(): Checks;
  bgp(): Promise<BgpStatus>;
  /** Takes an agent's report; the answer tells a node that speaks BGP what to tell its neighbors. */
  report(report: NodeReport): CallResult;
  peerReport(report: PeerReport): CallResult;
  /** Newer heads; an empty list when the wait ran out. */
  heads(query: HeadsQuery): Promise<Result<readonly unknown[], ApiFault>>;
  object(digest: string): Promise<Uint8Array | undefined>;
  apply(request: ApplyRequest): Promise<CallResult>;
  history(): Promise<CallResult>;
  rollback(request: RollbackRequest): Promise<CallResult>;
  override(request: OverrideRequest): CallResult;
  undrain(request: UndrainRequest): CallResult;
  overrideRoutes(request: RouteOverrideRequest): CallResult;
  restoreRoutes(request: RouteOverrideRemoval): CallResult;
  failover(request: FailoverRequest): CallResult;
  /** How a question is answered now, and why. */
  explain(request: ExplainRequest): Promise<CallResult>;
  /** Takes the routes back as far as another site serves (R19); a refusal says what stays, and nothing is stopped. */
  prepareStop(request: StopRequest): Promise<CallResult>;
  /** How long a stop may take. */
  stopWithinMs(): number;
  /** Stops the process in the way of `fairlead stop` (R24); the reply goes out first. */
  stop(): void;
}

/** Where the API listens. */
export interface ApiOptions {
  readonly listen: { readonly address: string; readonly port: number };
  readonly controlSocket: string;
  readonly token: string | undefined;
  /** Told of each call that failed by our own fault; the caller gets a 500. */
  readonly onFailure: (call: string, error: unknown) => void;
}

/** A running API. */
export interface Api {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** The longest wait of a long poll. */
const longestWaitMs = 60_000;

/** The largest bodies: of a call, of reports, and of a release. */
const largestBytes = { call: 64 * 1024, report: 1024 * 1024, peerReport: 16 * 1024 * 1024, release: 64 * 1024 * 1024 };

/** How long a request may take to come in whole, so that slow ones do not pile up. */
const requestTimeoutMs = 60_000;

/** Opens both listeners; rejects with the system's reason when one cannot be had. */
export async function startApi(calls: CoordinatorCalls, options: ApiOptions): Promise<Api> {
  const app = fastify({
    bodyLimit: largestBytes.call,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
  });
  const local = new WeakSet<IncomingMessage>();
  guard(app, (request) => local.has(request.raw) || isAuthorized(request, options.token));
  answerErrors(app, options.onFailure);
  addRoutes(app, calls, (request) => local.has(request.raw));
  await app.listen({ host: options.listen.address, port: options.listen.port });
  // One application, two doors: what comes in by the control socket is marked, so that it needs no token.
  const control = createServer((request, response) => {
    local.add(request);
    app.routing(request, response);
  });
  try {
    await listenOnSocket(control, options.controlSocket, 'coordinator');
  } catch (error) {
    await app.close();
    throw error;
  }
  const address = app.server.address();
  assert(address !== null && typeof address === 'object', 'the API listens on TCP');
  return {
    address,
    close: async () => {
      control.closeAllConnections();
      await Promise.all([new Promise((resolve) => control.close(resolve)), app.close()]);
      rmSync(options.controlSocket, { force: true });
    },
  };
}

function guard(app: FastifyInstance, mayCall: (request: FastifyRequest) => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    if (mayCall(request)) return;
    // A stranger's body is not waited for.
    reply.header('connection', 'close');
    await send(reply, { status: 401, code: 'unauthorized', message: 'the bearer token is missing or wrong' });
  });
  app.setNotFoundHandler(async (request, reply) => {
    await send(reply, { status: 404, code: 'not-found', message: `no ${request.method} ${request.url}` });
  });
}

function addRoutes(app: FastifyInstance, calls: CoordinatorCalls, isLocal: (request: FastifyRequest) => boolean): void {
  app.get('/v1/status', async () => calls.status());
  app.get('/v1/checks', (_request, reply) => reply.send(calls.checks()));
  app.get('/v1/bgp', async () => calls.bgp());
  app.get('/v1/metrics', async (_request, reply) =>
    reply.type(metricsType).send(await renderMetrics(await calls.status(), calls.checks(), await calls.bgp())),
  );
  app.get('/v1/history', async (_request, reply) => answer(reply, await calls.history()));
  app.post('/v1/reports', { bodyLimit: largestBytes.report }, (request, reply) =>
    taking(request, reply, nodeReportSchema, (body) => calls.report(body)),
  );
  app.post('/v1/peer-reports', { bodyLimit: largestBytes.peerReport }, (request, reply) =>
    taking(request, reply, peerReportSchema, (body) => calls.peerReport(body)),
  );
  app.post('/v1/releases', { bodyLimit: largestBytes.release }, (request, reply) =>
    taking(request, reply, applySchema, (body) => calls.apply(body)),
  );
  app.post('/v1/rollback', (request, reply) => taking(request, reply, rollbackSchema, (body) => calls.rollback(body)));
  app.post('/v1/overrides', (request, reply) =>
    taking(request, reply, overrideRequestSchema, (body) => calls.override(body)),
  );
  app.post('/v1/failover', (request, reply) =>
    taking(request, reply, failoverRequestSchema, (body) => calls.failover(body)),
  );
  app.post('/v1/route-overrides', (request, reply) =>
    taking(request, reply, routeOverrideSchema, (body) => calls.overrideRoutes(body)),
  );
  app.post('/v1/route-overrides/removals', (request, reply) =>
    taking(request, reply, routeOverrideRemovalSchema, (body) => calls.restoreRoutes(body)),
  );
  app.post('/v1/undrain', (request, reply) => taking(request, reply, undrainSchema, (body) => calls.undrain(body)));
  app.post('/v1/explain', (request, reply) => taking(request, reply, explainSchema, (body) => calls.explain(body)));
  app.post('/v1/stop', async (request, reply) => {
    if (!isLocal(request)) {
      return send(reply, { status: 404, code: 'not-found', message: 'stop is only on the control socket' });
    }
    const body = stopRequestSchema.safeParse(request.body ?? {});
    if (!body.success) return send(reply, schemaFault(body.error));
    const prepared = await calls.prepareStop(body.data);
    if (!prepared.ok) return send(reply, prepared.fault);
    // Also where the caller has gone meanwhile: the routes are taken back.
    if (reply.raw.destroyed) calls.stop();
    else reply.raw.once('close', () => calls.stop());
    return reply.send({ stopping: true, withinMs: calls.stopWithinMs() });
  });
  addReplication(app, calls);
}

function addReplication(app: FastifyInstance, calls: CoordinatorCalls): void {
  app.get<{ Querystring: { since?: string; waitMs?: string } }>('/v1/heads', async (request, reply) => {
    const ended = new AbortController();
    // Of the response, not of its socket: many polls share one kept-alive connection.
    reply.raw.once('close', () => {
      ended.abort();
    });
    const asked = Number(request.query.waitMs ?? 0);
    const waitMs = Number.isFinite(asked) ? Math.trunc(Math.min(Math.max(0, asked), longestWaitMs)) : 0;
    const heads = await calls.heads({ since: request.query.since, waitMs, signal: ended.signal });
    if (!heads.ok) return send(reply, heads.fault);
    return heads.value.length === 0 ? reply.code(204).send() : reply.send({ heads: heads.value });
  });
  app.get<{ Params: { digest: string } }>('/v1/objects/:digest', async (request, reply) => {
    const bytes = await calls.object(request.params.digest);
    if (bytes === undefined) return send(reply, { status: 404, code: 'no-object', message: 'no such object here' });
    return reply.type('application/octet-stream').send(Buffer.from(bytes));
  });
}

async function taking<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: z.ZodType<Body>,
  call: (body: Body) => CallResult | Promise<CallResult>,
): Promise<FastifyReply> {
  const body = schema.safeParse(request.body);
  return body.success ? answer(reply, await call(body.data)) : send(reply, schemaFault(body.error));
}

function answer(reply: FastifyReply, result: CallResult): FastifyReply {
  return result.ok ? reply.send(result.value) : send(reply, result.fault);
}

function send(reply: FastifyReply, fault: ApiFault): FastifyReply {
  return reply.code(fault.status).send(faultBody(fault));
}

function isAuthorized(request: FastifyRequest, token: string | undefined): boolean {
  if (token === undefined) return true;
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
