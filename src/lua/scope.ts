/** What answers depend on of a client, as EDNS client subnet tells resolvers (RFC 7871 §7.2.1). */
import type { Client } from '#dns/zone/dynamic.ts';

/** Bits of a client's address on which an answer may depend, whatever health is (R15). */
export type ScopeOf = (client: Client) => number;
