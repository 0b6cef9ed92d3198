/**
 * The round trip to each client that connects by TCP, as the kernel measured it in the handshake (TCP_INFO, tcp(7)).
 *
 * Nothing is measured where the system calls cannot be had, or of a connection that the kernel has not measured (SYN
 * cookies, a retransmitted handshake).
 */
import type { Socket } from 'node:net';
import type { RoundTrip } from '#health/latency/averages.ts';
import { tcpInfo } from '../system/layout.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { uint32 } from '../system/sockets.ts';

/** More than these in one batch are not kept: they are enough to know who connects. */
const maxWaiting = 2000;

/** Collects the round trips of connections until they are taken. */
export class RoundTripCollector {
  readonly #libc: Libc | undefined;
  readonly #info = new Uint8Array(tcpInfo.bytes);
  readonly #view = new DataView(this.#info.buffer);
  #waiting: RoundTrip[] = [];

  constructor() {
    const libc = loadLibc();
    this.#libc = libc.ok ? libc.value : undefined;
  }

  /** Measures one connection that was just accepted, from the client's 4 or 16 octets. */
  note(socket: Socket, address: Uint8Array): void {
    if (this.#waiting.length >= maxWaiting) return;
    const rttMs = this.#roundTripMs(socket);
    if (rttMs !== undefined) this.#waiting.push({ address, rttMs });
  }

  /** Everything since the last call. */
  take(): readonly RoundTrip[] {
    const taken = this.#waiting;
    if (taken.length > 0) this.#waiting = [];
    return taken;
  }

  #roundTripMs(socket: Socket): number | undefined {
    const fd = descriptorOf(socket);
    if (this.#libc === undefined || fd === undefined) return undefined;
    const { level, name } = tcpInfo.option;
    if (this.#libc.getsockopt(fd, level, name, this.#info, uint32(tcpInfo.bytes)) !== 0) return undefined;
    const microseconds = this.#view.getUint32(tcpInfo.roundTripAt, true);
    return microseconds === 0 ? undefined : microseconds / 1000;
  }
}

/** Node has no public way to the descriptor of a socket; where its own is not as expected there is none. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  const { fd } = handle;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
