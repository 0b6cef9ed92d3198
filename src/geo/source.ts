/**
 * The seam to places: a record or a policy says which distinctions it makes between clients when it is compiled, and
 * asks for a client's class when it answers. Whoever composes the server implements it over tables (R15).
 */
import type { IpAddress } from '#base/ip.ts';

/** What is known of where an address is; what is not known is absent. */
export interface Place {
  /** Two letters, such as `EU`. */
  readonly continent?: string;
  /** ISO 3166-1, two letters in upper case. */
  readonly country?: string;
  readonly countryName?: string;
  /** The part after the country of ISO 3166-2, such as `CA`, in upper case. */
  readonly region?: string;
  readonly regionName?: string;
  readonly city?: string;
  /** Degrees; both are there or neither. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly asn?: number;
  readonly asName?: string;
}

/** A way of telling clients apart by their place. */
export interface GeoDistinction {
  /** Equal keys are the same distinction: everything that `classify` depends on beside the place is in it. */
  readonly key: string;
  /** Puts places that need not be told apart into one class. Pure, and the same in every thread. */
  readonly classify: (place: Place) => string;
}

/** A registered distinction. `find` is called for every query: synchronous, cheap, without allocation. */
export interface GeoHandle {
  /** The classes by their numbers; the last is that of an address of which nothing is known. */
  readonly classes: readonly string[];
  /** The class number of an address of 4 or 16 octets; an IPv4 address inside IPv6 counts as IPv4. */
  find(address: Uint8Array): number;
  /** Of the last `find`: bits of that address which all addresses of the widest prefix of one class share. */
  readonly scopeBits: number;
}

/** Where distinctions are registered. */
export interface GeoSource {
  register(distinction: GeoDistinction): GeoHandle;
  /** The place of an address that is known when a record is compiled; undefined where nothing is known of it. */
  placeOf(address: IpAddress): Place | undefined;
}
