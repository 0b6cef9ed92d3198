/**
 * Runs one check once: a TCP connect, or an HTTP or HTTPS request over a connection of its own.
 *
 * The check's timeout covers all of it, from the connect to the status line. Redirects are not followed, the body is
 * not read, names are not resolved (a check has an address), proxies from the environment are not used.
 */
import net from 'node:net';
import { Client } from 'undici';
import { formatHostPort } from '#base/ip.ts';
import type { CheckDefinition } from '#health/check.ts';
import { formatStatusRanges } from '#health/check-kind.ts';
import type { HttpKind, StatusRange } from '#health/check-kind.ts';
import { describeProbeError } from './probe-error.ts';

/** What one run found. */
export interface Outcome {
  readonly passed: boolean;
  /** A short sentence for people: `connected`, `status 503, expected 200`, `timed out after 1000ms`. */
  readonly reason: string;
}

const connectLeftoverMs = 500;

/** Runs `check`; never rejects. An aborted run ends at once, as failed. */
export async function runCheck(check: CheckDefinition, cancelled: AbortSignal): Promise<Outcome> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), check.timeoutMs);
  const signal = AbortSignal.any([cancelled, timeout.signal]);
  try {
    if (cancelled.aborted) return { passed: false, reason: 'cancelled' };
    const { what } = check;
    if (what.kind === 'tcp') return await connect(check, signal);
    if (what.kind === 'http' || what.kind === 'https') return await request(check, what, signal);
    return { passed: false, reason: `a check of kind ${what.kind} is no probe` };
  } catch (error) {
    if (timeout.signal.aborted) return { passed: false, reason: `timed out after ${check.timeoutMs}ms` };
    if (cancelled.aborted) return { passed: false, reason: 'cancelled' };
    return { passed: false, reason: describeProbeError(error, check) };
  } finally {
    clearTimeout(timer);
  }
}

async function connect(check: CheckDefinition, signal: AbortSignal): Promise<Outcome> {
  const { address, port, sourceAddress } = check;
  const socket = net.connect({
    host: address,
    port,
    ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(new Error('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return { passed: true, reason: 'connected' };
  } finally {
    // An error after the outcome is known, such as a reset at the close, means nothing.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

async function request(check: CheckDefinition, what: HttpKind, signal: AbortSignal): Promise<Outcome> {
  const target = formatHostPort(check.address, check.port);
  const client = new Client(`${what.kind}://${target}`, {
    allowH2: false,
    // The signal is the timeout; undici's own are coarser.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A resumed TLS session would not look at the certificate again.
    maxCachedSessions: 0,
    ...(check.sourceAddress === undefined ? {} : { localAddress: check.sourceAddress }),
    connect: {
      // The signal ends the check; this ends the socket of a connect that it left behind.
      timeout: check.timeoutMs + connectLeftoverMs,
      rejectUnauthorized: what.verifyTls,
      ...(what.host === undefined ? {} : { servername: serverName(what.host) }),
    },
  });
  try {
    const { statusCode, body } = await client.request({
      method: what.method,
      path: what.path,
      headers: { host: what.host ?? target, 'user-agent': 'fairlead', accept: '*/*' },
      reset: true,
      signal,
    });
    // The client is destroyed below while the body may still come in.
    body.on('error', () => undefined);
    return judgeStatus(statusCode, what.expectStatus);
  } finally {
    await client.destroy();
  }
}

function judgeStatus(status: number, expected: readonly StatusRange[]): Outcome {
  if (expected.some(({ from, to }) => status >= from && status <= to))
    return { passed: true, reason: `status ${status}` };
  return { passed: false, reason: `status ${status}, expected ${formatStatusRanges(expected, ' or ')}` };
}

/** The name for TLS: the Host header without its port; an address is not a name (RFC 6066 §3). */
function serverName(host: string): string {
  const name = host.replace(/:\d+$/, '');
  return net.isIP(name) === 0 && !name.startsWith('[') ? name : '';
}
