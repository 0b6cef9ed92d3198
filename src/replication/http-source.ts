/**
 * Another coordinator as a source of heads and objects, over its HTTP API (`GET /v1/heads`, `GET /v1/objects/…`).
 * It only fetches; what is believed is the follower's to decide.
 */
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { Head } from './head.ts';
import { headSchema } from './head.ts';

/** What a follower pulls from. Each call rejects when the source cannot be reached or answers otherwise than it should. */
export interface ReplicationSource {
  /** How it is called in logs. */
  readonly name: string;
  /** Heads newer than `since`; empty when none came within `waitMs`. */
  heads(query: {
    readonly since: string;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<readonly Head[]>;
  /** The bytes that the source holds under that sha256, unverified. */
  object(digest: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Drops connections, so that the next call dials anew: an old one may lead into a healed cut and wait there. */
  reset(): void;
  close(): Promise<void>;
}

/** The largest object that is read; a release of text files is far smaller. */
const maxObjectBytes = 64 * 1024 * 1024;

/** How long a source may take beyond the wait it was asked for. */
const graceMs = 3_000;
const connectTimeoutMs = 2_000;

const headsSchema = z.object({ heads: z.array(headSchema) });
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** Builds a source from the URL of a coordinator's API and the shared token. */
export function createHttpSource(url: string, token: string | undefined): ReplicationSource {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let agent = newAgent();
  const get = (path: string, waitMs: number, signal: AbortSignal): Promise<Dispatcher.ResponseData> =>
    request(`${url}${path}`, {
      dispatcher: agent,
      headers,
      headersTimeout: waitMs + graceMs,
      bodyTimeout: graceMs,
      signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs + 10 * graceMs)]),
    });
  return {
    name: url,
    heads: async ({ since, waitMs, signal }) => {
      const response = await get(`/v1/heads?since=${since}&waitMs=${waitMs}`, waitMs, signal);
      if (response.statusCode === 204) {
        await response.body.dump();
        return [];
      }
      const bytes = await readBody(response);
      if (response.statusCode !== 200) throw new Error(describeRefusal(response.statusCode, bytes));
      const parsed = headsSchema.safeParse(parseJson(bytes));
      if (!parsed.success) throw new Error('its answer holds no heads as expected');
      return parsed.data.heads;
    },
    object: async (digest, signal) => {
      const response = await get(`/v1/objects/${digest}`, 0, signal);
      const bytes = await readBody(response);
      if (response.statusCode !== 200) throw new Error(describeRefusal(response.statusCode, bytes));
      return bytes;
    },
    reset: () => {
      void agent.destroy();
      agent = newAgent();
    },
    close: () => agent.destroy(),
  };
}

function newAgent(): Agent {
  return new Agent({ connect: { timeout: connectTimeoutMs }, pipelining: 1 });
}

async function readBody(response: Dispatcher.ResponseData): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let totalBytes = 0;
  for await (const chunk of response.body) {
    // A body without an encoding yields buffers.
    const bytes = chunk as Uint8Array;
    totalBytes += bytes.length;
    if (totalBytes > maxObjectBytes) throw new Error(`its answer is longer than ${maxObjectBytes} bytes`);
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function describeRefusal(status: number, body: Uint8Array): string {
  const parsed = errorSchema.safeParse(parseJson(body));
  return `it answered ${status}${parsed.success ? `: ${parsed.data.error.message}` : ''}`;
}
