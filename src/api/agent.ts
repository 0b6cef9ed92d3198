/**
 * The API of an agent, on its control socket alone (R30): what the node sees and says, what it tells its border routers,
 * and its end. It works with the network and every coordinator gone.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import fastify from 'fastify';
import { z } from 'zod';
import type { Result } from '#base/result.ts';
import { neighborSnapshotSchema } from '#border/snapshot.ts';
import { serviceReportSchema, vipReportSchema } from '#health/report.ts';
import type { BgpStatus } from './bgp.ts';
import { listenOnSocket } from './control-socket.ts';
import { answerErrors } from './errors.ts';
import { faultBody, schemaFault } from './fault.ts';
import type { ApiFault } from './fault.ts';
import { stopRequestSchema } from './requests.ts';
import type { StopRequest } from './requests.ts';

const contactSchema = z.object({
  url: z.string(),
  /** `untried`: no report was due yet. */
  state: z.enum(['reached', 'lost', 'untried']),
  reason: z.string(),
  /** Since when it is so, or since the agent's start. */
  sinceUnixMs: z.number(),
});

/** The answer of `GET /v1/status` of an agent; `node` tells it from a coordinator's. */
export const agentStatusSchema = z.object({
  site: z.string(),
  node: z.string(),
  uptimeMs: z.number(),
  coordinators: z.array(contactSchema),
  /** What it reports; absent until HAProxy and keepalived were heard once. */
  report: z.object({ services: z.array(serviceReportSchema), vips: z.array(vipReportSchema) }).optional(),
  /** Absent where the node does not speak BGP. */
  bgp: z
    .object({
      /** What it acts on: what a coordinator said in this run, what one said before the last restart, or nothing. */
      instruction: z.enum(['current', 'kept', 'none']),
      /** Why a wanted prefix is not told by this node. */
      missing: z.array(z.object({ prefix: z.string(), reason: z.string() })),
      /** Addresses that it put on its loopback. */
      managed: z.array(z.string()),
      neighbors: z.array(neighborSnapshotSchema),
    })
    .optional(),
});

export type AgentStatus = z.infer<typeof agentStatusSchema>;

/** What an agent does for its callers. */
export interface AgentCalls {
  status(): Promise<AgentStatus>;
  bgp(): Promise<Result<BgpStatus, ApiFault>>;
  /** How long a stop may take. */
  stopWithinMs(): number;
  /** Whether it may be stopped (R19): a refusal says why not; the warning says that nobody could be asked. */
  prepareStop(request: StopRequest): Promise<Result<{ readonly warning: string | undefined }, ApiFault>>;
  /** Ends the agent as SIGTERM does (R24); the reply goes out first. */
  stop(): void;
}

/** Where an agent's API listens. */
export interface AgentApiOptions {
  readonly controlSocket: string;
  /** Told of each call that failed by our own fault; the caller gets a 500. */
  readonly onFailure: (call: string, error: unknown) => void;
}

/** A running API of an agent. */
export interface AgentApi {
  close(): Promise<void>;
}

/** Opens the control socket; rejects with the reason when it cannot be had. */
export async function startAgentApi(
  calls: AgentCalls,
  { controlSocket, onFailure }: AgentApiOptions,
): Promise<AgentApi> {
  const app = fastify();
  answerErrors(app, onFailure);
  app.setNotFoundHandler(async (request, reply) => {
    const message = `an agent answers here, which has no ${request.method} ${request.url}: ask its coordinator`;
    await reply.code(404).send(faultBody({ status: 404, code: 'not-found', message }));
  });
  app.get('/v1/status', async () => calls.status());
  app.get('/v1/bgp', async (_request, reply) => {
    const bgp = await calls.bgp();
    return bgp.ok ? reply.send(bgp.value) : reply.code(bgp.fault.status).send(faultBody(bgp.fault));
  });
  app.post('/v1/stop', async (request, reply) => {
    const body = stopRequestSchema.safeParse(request.body ?? {});
    if (!body.success) {
      const fault = schemaFault(body.error);
      return reply.code(fault.status).send(faultBody(fault));
    }
    const prepared = await calls.prepareStop(body.data);
    if (!prepared.ok) return reply.code(prepared.fault.status).send(faultBody(prepared.fault));
    // Also where the caller has gone meanwhile: others rely on what was agreed.
    if (reply.raw.destroyed) calls.stop();
    else reply.raw.once('close', () => calls.stop());
    return reply.send({ stopping: true, withinMs: calls.stopWithinMs(), ...prepared.value });
  });
  await app.ready();
  const control = createServer((request, response) => app.routing(request, response));
  try {
    await listenOnSocket(control, controlSocket, 'agent');
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    close: async () => {
      control.closeAllConnections();
      await Promise.all([new Promise((resolve) => control.close(resolve)), app.close()]);
      rmSync(controlSocket, { force: true });
    },
  };
}
