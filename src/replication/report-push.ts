/**
 * The health bus over HTTP, sending side: pushes full-state reports to one coordinator on one connection that is kept
 * alive. The shell round report-link.ts.
 */
import { Client } from 'undici';
import { monotonicMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { createCoordinatorLink } from './report-link.ts';
import type { LinkInput, LinkOptions } from './report-link.ts';

export interface ReportPushOptions extends LinkOptions {
  /** The coordinator's API, such as `http://10.66.1.53:8053`. */
  readonly url: string;
  /** The call that takes the reports, such as `/v1/reports`. */
  readonly path: string;
  readonly token: string | undefined;
  /** The newest report, to be sent as JSON; called only after the first `publish`. */
  readonly compose: () => unknown;
  /** The body of each answer that took a report. */
  readonly onAnswer?: (body: string) => void;
  /** Once when the coordinator takes reports, and once when it does no more. */
  readonly onContact: (
    contact: { readonly kind: 'reached' } | { readonly kind: 'lost'; readonly reason: string },
  ) => void;
}

export interface ReportPush {
  /** There is a new state; `urgent` sends it at once. */
  publish(urgent: boolean): void;
  /** Cuts a report on its way short. */
  close(): Promise<void>;
}

const requestTimeoutMs = 2000;

/** Starts a push that waits for its first `publish`. */
export function createReportPush(options: ReportPushOptions): ReportPush {
  const target = new URL(options.path, options.url);
  // The signal ends a request that hangs, and its connection with it.
  const client = new Client(target.origin, { allowH2: false, connect: { timeout: requestTimeoutMs } });
  const link = createCoordinatorLink(options);
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const step = (input: LinkInput): void => {
    if (closing.signal.aborted) return;
    for (const effect of link.step(input, monotonicMs())) {
      if (effect.kind === 'send') void send();
      else options.onContact(effect);
    }
    clearTimeout(timer);
    const deadline = link.nextDeadlineMs();
    if (deadline === undefined) return;
    timer = setTimeout(() => step({ kind: 'tick' }), Math.max(0, Math.ceil(deadline - monotonicMs())));
  };

  const send = async (): Promise<void> => {
    const body = JSON.stringify(options.compose());
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(requestTimeoutMs)]);
    const result = await post({ client, path: target.pathname, body, token: options.token, signal });
    if (result.ok && !closing.signal.aborted) options.onAnswer?.(result.value);
    step(result.ok ? { kind: 'delivered' } : { kind: 'failed', reason: result.fault });
  };

  return {
    publish: (urgent) => step({ kind: 'publish', urgent }),
    close: async () => {
      closing.abort();
      clearTimeout(timer);
      await client.destroy();
    },
  };
}

interface Post {
  readonly client: Client;
  readonly path: string;
  readonly body: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

async function post({ client, path, body, token, signal }: Post): Promise<Result<string, string>> {
  try {
    const response = await client.request({
      method: 'POST',
      path,
      body,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal,
    });
    const text = await response.body.text();
    if (response.statusCode < 300) return succeed(text);
    return refuse(`status ${response.statusCode}: ${text.slice(0, 200)}`);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return refuse(`no answer within ${requestTimeoutMs}ms`);
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
