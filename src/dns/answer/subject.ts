/** The one `Client` of a thread, refilled for each query that programs are run for. */
import { headerBytes } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import type { Client } from '../zone/dynamic.ts';

/** A client that can be refilled. */
export type Subject = { -readonly [Field in keyof Client]: Client[Field] };

/** A client of which nothing is known yet. */
export function createSubject(): Subject {
  const nobody = new Uint8Array(4);
  return {
    address: nobody,
    addressBits: 32,
    resolver: nobody,
    name: new Uint8Array(1),
    nameAt: 0,
    isTcp: false,
    dnssecOk: false,
    ednsUdpBytes: 0,
    query: new Uint8Array(headerBytes),
  };
}

/** Describes who sent a query, as one that asks for itself; the name is the resolver's to fill in. */
export function describeSender(
  subject: Subject,
  query: Query,
  bytes: Uint8Array,
  address: Uint8Array,
  isTcp: boolean,
): void {
  subject.address = address;
  subject.addressBits = address.length * 8;
  subject.resolver = address;
  subject.isTcp = isTcp;
  subject.dnssecOk = query.dnssecOk;
  subject.ednsUdpBytes = query.hasEdns ? query.udpBytes : 0;
  subject.query = bytes;
}
