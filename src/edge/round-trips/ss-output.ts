/**
 * The output of `ss -tinH state established` (iproute2), which tells what the kernel knows of TCP connections.
 *
 * Each connection is a line that begins with its queues, its local and its peer's address, and an indented line with the
 * rest; with `-O` both are one line. A column of the state comes first where it was not filtered by. Round trips are in
 * milliseconds.
 */
import { ipBytes, parseIp } from '#base/ip.ts';
import type { RoundTrip } from '#health/latency/averages.ts';

/** Reads output as it arrives; connections of which the kernel has no round trip are left out. */
export class SsReader {
  readonly roundTrips: RoundTrip[] = [];
  readonly #maxConnections: number;
  #rest = '';
  #peer: Uint8Array | undefined;

  /** More connections than `maxConnections` are not read. */
  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  /** Whether nothing further is read. */
  get isFull(): boolean {
    return this.roundTrips.length >= this.#maxConnections;
  }

  /** Takes the next part of the output, which may end anywhere. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#takeLine(line);
  }

  /** Takes what is left when the output has ended. */
  end(): void {
    this.#takeLine(this.#rest);
    this.#rest = '';
  }

  #takeLine(line: string): void {
    if (this.isFull) return;
    if (!/^\s/.test(line)) this.#peer = peerOf(line);
    const rttMs = roundTripOf(line);
    if (this.#peer === undefined || rttMs === undefined) return;
    this.roundTrips.push({ address: this.#peer, rttMs });
    this.#peer = undefined;
  }
}

/** Queues, local address, peer's address; a state may come before. */
const connectionLine = /^(?:[A-Z][\w-]*\s+)?\d+\s+\d+\s+\S+\s+(\S+):\d+(?:\s|$)/;

function peerOf(line: string): Uint8Array | undefined {
  const text = connectionLine.exec(line)?.[1];
  if (text === undefined) return undefined;
  const plain = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  // A socket of both families shows its IPv4 peers so.
  const address = parseIp(plain.replace(/^::ffff:(?=\d+\.)/, ''));
  return address === undefined ? undefined : ipBytes(address);
}

/**
 * The least round trip of late, or the smoothed one where the kernel does not tell that: delayed acknowledgements and
 * full queues are no part of the distance.
 */
function roundTripOf(line: string): number | undefined {
  const text = / minrtt:([\d.]+)/.exec(line)?.[1] ?? / rtt:([\d.]+)/.exec(line)?.[1];
  const rttMs = Number(text);
  return text === undefined || !Number.isFinite(rttMs) ? undefined : rttMs;
}
