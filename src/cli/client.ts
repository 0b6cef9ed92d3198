/** Calls the coordinator or the agent of this machine over its control socket: no token, no network, no DNS (R30). */
import { Client } from 'undici';
import { z } from 'zod';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { exitCode } from './command.ts';

/** Who answers on a control socket. */
export type Daemon = 'coordinator' | 'agent';

/** One call. */
export interface ControlCall<Schema extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** What the answer holds. */
  readonly schema: Schema;
}

/** Why a call failed, in a line for people, and the exit code that says it to programs. */
export interface ControlFault {
  readonly message: string;
  /** One line for each problem of a refused release. */
  readonly problems: readonly string[];
  readonly exitCode: 1 | 75;
}

const errorSchema = z.object({
  error: z.object({ message: z.string(), problems: z.array(z.string()).default([]) }),
});

/** Checking and compiling a large release takes its time. */
const timeoutMs = 60_000;

/** Makes one call; every fault is a value. */
export async function callControl<Schema extends z.ZodType>(
  socketPath: string,
  call: ControlCall<Schema>,
  daemon: Daemon = 'coordinator',
): Promise<Result<z.output<Schema>, ControlFault>> {
  const client = new Client('http://localhost', { socketPath, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  try {
    const { method, path } = call;
    const json = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    const headers = call.body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await client.request({ method, path, headers, ...json });
    const text = await response.body.text();
    return readAnswer(response.statusCode, text, { schema: call.schema, daemon });
  } catch (error) {
    return refuse({
      message: describeConnection(socketPath, error, daemon),
      problems: [],
      exitCode: exitCode.unreachable,
    });
  } finally {
    await client.destroy();
  }
}

/** Writes a fault to stderr and gives its exit code. */
export function reportFault(command: string, fault: ControlFault): number {
  const lines = [...fault.problems, `fairlead ${command}: ${fault.message}`];
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return fault.exitCode;
}

/** Whether anyone answers on the socket now. */
export async function isAnswered(socketPath: string): Promise<boolean> {
  const answer = await callControl(socketPath, { method: 'GET', path: '/v1/history', schema: z.unknown() });
  return answer.ok || answer.fault.exitCode !== exitCode.unreachable;
}

function readAnswer<Schema extends z.ZodType>(
  status: number,
  text: string,
  { schema, daemon }: { readonly schema: Schema; readonly daemon: Daemon },
): Result<z.output<Schema>, ControlFault> {
  const body = parseJson(text);
  if (status >= 300) {
    const error = errorSchema.safeParse(body);
    const { message, problems } = error.success
      ? error.data.error
      : { message: `the ${daemon} answered ${status}`, problems: [] };
    return refuse({ message, problems, exitCode: exitCode.failed });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return succeed(parsed.data);
  const message = `the answer is not as expected: is the ${daemon} of another version?`;
  return refuse({ message, problems: [], exitCode: exitCode.failed });
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeConnection(socketPath: string, error: unknown, daemon: Daemon): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return `no ${daemon} runs here: there is no socket ${socketPath}`;
    case 'ECONNREFUSED':
      return `no ${daemon} runs here: nobody answers on ${socketPath}, the one that made it is gone`;
    case 'EACCES':
      return `the control socket ${socketPath} may not be opened by this user, expected its owner or group`;
    default:
      return `the ${daemon} on ${socketPath} did not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
