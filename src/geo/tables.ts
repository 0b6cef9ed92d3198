/**
 * What threads answer with: for each distinction its classes and a table of which address is of which, as plain data in
 * shared memory.
 */
import { assert } from '#base/assert.ts';
import type { IpAddress } from '#base/ip.ts';
import { embeddedIpv4, embeddingOf, wordAt } from './addresses.ts';
import { Ipv4Table, Ipv6Table } from './run-table.ts';
import type { RunTableBuffers } from './run-table.ts';
import type { GeoDistinction, GeoHandle, GeoSource, Place } from './source.ts';

/** One distinction's table. */
export interface GeoTable {
  /** The classes by their numbers; the last is that of an address of which nothing is known. */
  readonly classes: readonly string[];
  readonly ipv4: RunTableBuffers;
  /** Addresses that hold one of IPv4 have a number beyond the classes, or the class that all of IPv4 has. */
  readonly ipv6: RunTableBuffers;
}

/** All that a thread needs to know of places; it can be posted to one. */
export interface GeoTables {
  /** By the key of the distinction. */
  readonly tables: ReadonlyMap<string, GeoTable>;
  /** What `placeOf` answers, for the addresses that are asked for; the others are not known. */
  readonly places: ReadonlyMap<IpAddress, Place>;
}

/** Answers from tables: only what they were built for can be registered. */
export function geoSourceOf({ tables, places }: GeoTables): GeoSource {
  return {
    register: ({ key }) => {
      const table = tables.get(key);
      assert(table !== undefined, `tables were built for ${key}`);
      return new TableHandle(table);
    },
    placeOf: (address) => places.get(address),
  };
}

/** What reading zones and policies asked of places. */
export interface GeoCollection {
  /** To be given to whoever compiles; its handles find every address in the class of nothing known. */
  readonly source: GeoSource;
  readonly distinctions: readonly GeoDistinction[];
  readonly addresses: ReadonlySet<IpAddress>;
}

/** Collects what is registered, so that tables are built of it; `placeOf` answers meanwhile. */
export function collectingGeo(placeOf: (address: IpAddress) => Place | undefined): GeoCollection {
  const byKey = new Map<string, GeoDistinction>();
  const addresses = new Set<IpAddress>();
  return {
    source: {
      register: (distinction) => {
        if (!byKey.has(distinction.key)) byKey.set(distinction.key, distinction);
        return { classes: [distinction.classify({})], find: () => 0, scopeBits: 0 };
      },
      placeOf: (address) => {
        addresses.add(address);
        return placeOf(address);
      },
    },
    get distinctions() {
      return [...byKey.values()];
    },
    addresses,
  };
}

class TableHandle implements GeoHandle {
  readonly classes: readonly string[];
  scopeBits = 0;
  readonly #ipv4: Ipv4Table;
  readonly #ipv6: Ipv6Table;
  /** The last IPv4 address and what was found: code asks for one client several times. −1 where there was none. */
  #lastAddress = 0;
  #lastFound = -1;
  #lastScopeBits = 0;

  constructor(table: GeoTable) {
    this.classes = table.classes;
    this.#ipv4 = new Ipv4Table(table.ipv4);
    this.#ipv6 = new Ipv6Table(table.ipv6);
  }

  find(address: Uint8Array): number {
    if (address.length === 4) {
      const word = wordAt(address, 0);
      if (word !== this.#lastAddress || this.#lastFound < 0) {
        this.#lastAddress = word;
        this.#lastFound = this.#ipv4.find(word);
        this.#lastScopeBits = this.#ipv4.scopeBits;
      }
      this.scopeBits = this.#lastScopeBits;
      return this.#lastFound;
    }
    const word0 = wordAt(address, 0);
    const word1 = wordAt(address, 4);
    const word2 = wordAt(address, 8);
    const word3 = wordAt(address, 12);
    const embedding = embeddingOf(word0, word1, word2);
    if (embedding !== undefined) {
      const found = this.#ipv4.find(embeddedIpv4(embedding, word0, word1, word3));
      if (this.#ipv4.scopeBits > 0) {
        this.scopeBits = embedding.at + this.#ipv4.scopeBits;
        return found;
      }
    }
    const found = this.#ipv6.find(word0, word1, word2, word3);
    this.scopeBits = this.#ipv6.scopeBits;
    return found;
  }
}
