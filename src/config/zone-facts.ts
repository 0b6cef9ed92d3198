/** What a release needs to know of its zones; release.ts itself knows neither DNS nor Lua. */
import type { IpAddress } from '#base/ip.ts';
import type { Problem } from './problem.ts';

/** What a release needs to know of a zone. */
export interface ZoneFacts {
  /** The zone's name as people write it, in lower case and with its final dot. */
  readonly origin: string;
  /** The names of its name servers, at the apex. */
  readonly nameServers: readonly string[];
  /** The addresses of those name servers, as far as the zone gives them. */
  readonly nameServerAddresses: readonly IpAddress[];
  /** Those of its name servers whose addresses here are computed. */
  readonly dynamicNameServers?: readonly string[];
  /** The services by which its records steer. */
  readonly steers: readonly SteerUse[];
  /** The longest TTL of a record that follows health; 0 where there is none (R25). */
  readonly longestDynamicTtlSeconds: number;
}

/** A record that steers by a service, and where its code stands. */
export interface SteerUse {
  readonly service: string;
  /** The type of its records, such as `A`. */
  readonly type: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A zone file as read: facts where it may be served, and what is wrong or unwise about it. */
export interface ZoneReading {
  readonly facts: ZoneFacts | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** A zone file of a release. */
export interface ReleaseZone {
  readonly file: string;
  readonly facts: ZoneFacts;
}
