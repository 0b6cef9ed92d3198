/** What TCP connections may cost, and how long one may be silent as connections get scarce (RFC 7766 §6.2.3, RFC 7828). */

/** Limits of all listeners together. */
export interface TcpLimits {
  /** Connections open at once; for one more, the longest idle is closed. */
  readonly maxConnections: number;
  /** Of those, from one IPv4 address or one IPv6 /64; more are closed as they come. */
  readonly maxConnectionsPerClient: number;
  /** How long a connection may be silent, or take over one message or one reply. */
  readonly idleTimeoutMs: number;
}

export const defaultTcpLimits: TcpLimits = { maxConnections: 1000, maxConnectionsPerClient: 50, idleTimeoutMs: 10_000 };

/** The least that a silent connection is given: time for one round trip to anywhere. */
const leastIdleTimeoutMs = 500;

/**
 * How long a connection may be silent while `open` are open: the whole time up to half of the limit, from there in
 * proportion to what is left.
 */
export function idleTimeoutMs(limits: TcpLimits, open: number): number {
  const left = Math.max(limits.maxConnections - open, 0) / limits.maxConnections;
  const timeoutMs = Math.floor(limits.idleTimeoutMs * Math.min(1, 2 * left));
  return Math.min(limits.idleTimeoutMs, Math.max(timeoutMs, leastIdleTimeoutMs));
}

/** What connections are counted by: an IPv4 address, or the /64 of an IPv6 address, of which one host has all. */
export function clientKey(address: Uint8Array): string {
  return address.length === 4 ? address.join('.') : address.subarray(0, 8).join('.');
}
