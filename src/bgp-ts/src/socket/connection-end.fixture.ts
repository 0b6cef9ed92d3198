/** What tests of sockets share: plain settings, and one end of a connection that remembers what happened to it. */
import assert from 'node:assert/strict';
import { parseAddress } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import type { SocketSettings } from './transport.ts';

/** A socket like any other. */
export const plain: SocketSettings = {
  md5Key: undefined,
  ttlSecurityHops: undefined,
  device: undefined,
  dscp: undefined,
};

/** The address that a text stands for. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined, `${text} is an address`);
  return parsed;
}

/** One end of a connection, with what came in and how it closed. */
export class End {
  readonly received: Uint8Array[] = [];
  readonly connected = Promise.withResolvers<Address>();
  readonly closed = Promise.withResolvers<{ readonly reason: string; readonly local: 'local' | undefined }>();
  readonly pendings: number[] = [];
  isClosed = false;
  #waiting: (() => void) | undefined;

  readonly events = {
    connected: (local: Address): void => this.connected.resolve(local),
    received: (bytes: Uint8Array): void => {
      this.received.push(bytes);
      this.#waiting?.();
    },
    written: (pendingBytes: number): void => void this.pendings.push(pendingBytes),
    closed: (reason: string, local?: 'local'): void => {
      this.isClosed = true;
      this.closed.resolve({ reason, local });
    },
  };

  get size(): number {
    return this.received.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  async receives(size: number): Promise<void> {
    while (this.size < size) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }
}
