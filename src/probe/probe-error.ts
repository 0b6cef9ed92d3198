/**
 * Turns the errors of a failed probe into short sentences for people. Pure; knows codes of Node and OpenSSL.
 *
 * What is this machine's own fault is told apart: it is no evidence against the target (R3).
 */
import { formatHostPort } from '#base/ip.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { Outcome } from './outcome.ts';

const longestDetail = 200;

const connectFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset by the peer',
  EHOSTUNREACH: 'failed: no route to the host',
  ENETUNREACH: 'failed: no route to the network',
  EHOSTDOWN: 'failed: host is down',
  ETIMEDOUT: 'timed out',
  EACCES: 'failed: not permitted by the local firewall',
  EPERM: 'failed: not permitted by the local firewall',
  EMFILE: 'failed: this process is out of file descriptors',
  ENFILE: 'failed: this machine is out of file descriptors',
  ENOBUFS: 'failed: this machine is out of buffers',
};

const ownFaults = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** The outcome of a run that ended in an error. */
export function failedBy(error: unknown, check: CheckDefinition): Outcome {
  const reason = describeProbeError(error, check);
  return isOwnFault(error) ? { passed: false, reason, unable: true } : { passed: false, reason };
}

/** Whether it is this machine that could not do it. */
export function isOwnFault(error: unknown): boolean {
  return ownFaults.has(partsOf(error).code);
}

/** The reason of a peer that ended the connection before it had answered. */
export function closedWithoutAnswer(check: CheckDefinition): string {
  return `${formatHostPort(check.address, check.port)} closed the connection without an answer`;
}

/** Says why a probe failed, such as `connect 192.0.2.1:80 refused`; at most about 300 characters. */
export function describeProbeError(error: unknown, check: CheckDefinition): string {
  const target = formatHostPort(check.address, check.port);
  const { code, message } = partsOf(error);
  const fault = connectFaults[code];
  if (fault !== undefined) return `connect ${target} ${fault}`;
  if (code === 'EADDRNOTAVAIL' && check.sourceAddress !== undefined) {
    return `connect ${target} failed: source address ${check.sourceAddress} is not on this machine`;
  }
  if (code === 'EADDRNOTAVAIL') return `connect ${target} failed: this machine is out of ports`;
  if (code === 'EPIPE') return closedWithoutAnswer(check);
  if (isTlsCode(code)) return `TLS with ${target} failed: ${message} (${code})`;
  return `${target}: ${message}${code === '' ? '' : ` (${code})`}`;
}

function isTlsCode(code: string): boolean {
  return /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/.test(code);
}

function partsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error).slice(0, longestDetail) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: (error.message.split('\n')[0] ?? '').slice(0, longestDetail) };
}
