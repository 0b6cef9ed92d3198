/** Clients for tests of dynamic records. */
import { ipBytes } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { headerBytes } from '../wire/constants.ts';
import { rootName } from '../wire/name.ts';
import type { Client } from './dynamic.ts';

/** A client that asks from an address by UDP, without a network of its own. */
export function clientFrom(address: string | Uint8Array, more: Partial<Client> = {}): Client {
  const bytes = typeof address === 'string' ? ipBytes(address as IpAddress) : address; // a test writes valid ones
  return {
    address: bytes,
    addressBits: bytes.length * 8,
    resolver: bytes,
    name: rootName,
    nameAt: 0,
    isTcp: false,
    dnssecOk: false,
    ednsUdpBytes: 0,
    query: new Uint8Array(headerBytes),
    ...more,
  };
}
