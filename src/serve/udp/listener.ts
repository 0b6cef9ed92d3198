/** One UDP socket that answers DNS, however it reads and writes. */
import type { ListenAddress } from '../listen-fault.ts';

/** Counts of one socket; they only grow. */
export interface UdpCounters {
  /** Replies that the system did not take. */
  sendFailures: number;
}

export interface UdpListener {
  /** The address that was bound, with the real port. */
  readonly bound: ListenAddress;
  readonly counters: Readonly<UdpCounters>;
  /** Stops reading, lets replies under way leave, and closes; ends within a second. */
  close(): Promise<void>;
}
