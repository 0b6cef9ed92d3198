/** Turns the errors of a failed probe into short sentences for people. Pure; knows codes of Node, OpenSSL and undici. */
import { formatHostPort } from '#base/ip.ts';
import type { CheckDefinition } from '#health/check.ts';

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
};

/** Says why a probe failed, such as `connect 192.0.2.1:80 refused`; at most about 300 characters. */
export function describeProbeError(error: unknown, check: CheckDefinition): string {
  const target = formatHostPort(check.address, check.port);
  const { name, code, message } = partsOf(error);
  const fault = connectFaults[code];
  if (fault !== undefined) return `connect ${target} ${fault}`;
  if (code === 'EADDRNOTAVAIL' && check.sourceAddress !== undefined) {
    return `connect ${target} failed: source address ${check.sourceAddress} is not on this machine`;
  }
  if (code === 'UND_ERR_SOCKET' || code === 'EPIPE') return `${target} closed the connection without an answer`;
  if (name === 'HTTPParserError') return `${target} did not answer in HTTP`;
  if (isTlsCode(code)) return `TLS with ${target} failed: ${message} (${code})`;
  return `${target}: ${message}${code === '' ? '' : ` (${code})`}`;
}

function isTlsCode(code: string): boolean {
  return /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/.test(code);
}

function partsOf(error: unknown): { readonly name: string; readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { name: '', code: '', message: String(error).slice(0, longestDetail) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { name: error.name, code, message: (error.message.split('\n')[0] ?? '').slice(0, longestDetail) };
}
