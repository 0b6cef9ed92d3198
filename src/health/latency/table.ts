/**
 * The table of round trips as threads share it: one immutable buffer, replaced whole.
 *
 * Words of 32 bits: the number of sites, of rows, of slots, of octets of names · the slots of a hash table with open
 * addressing, three words each (two of the key, the row) · for each row and site two floats, its key in the order and
 * its round trip in milliseconds, infinite where it was not measured · the sites' names as JSON.
 *
 * A key is the first four octets of a network, and its kind with the next two octets: 1 a /24, 2 a /16, 3 a /48, 4 a /32
 * of IPv6. Kind 0 is an empty slot.
 */
import type { SiteId } from '../model.ts';
import type { LatencyRow } from './book.ts';
import { aggregateBits, networkBits, networkKind } from './network.ts';
import type { NetworkKey } from './network.ts';

const headerWords = 4;
const slotWords = 3;
const kind = {
  network4: networkKind.network4 << 16,
  aggregate4: networkKind.aggregate4 << 16,
  network6: networkKind.network6 << 16,
  aggregate6: networkKind.aggregate6 << 16,
} as const;

/** Encodes rows; sites that no row names are not in it. */
export function encodeLatencyTable(rows: readonly LatencyRow[]): SharedArrayBuffer {
  const sites = [...new Set(rows.flatMap((row) => row.sites.map(({ site }) => site)))].sort();
  const numbers = new Map(sites.map((site, number) => [site, number]));
  const names = new TextEncoder().encode(JSON.stringify(sites));
  // Half empty at least, so that a search soon ends.
  const slotCount = 2 ** Math.ceil(Math.log2(Math.max(1, rows.length) * 2));
  const floatsAt = headerWords + slotCount * slotWords;
  const namesAt = floatsAt + rows.length * sites.length * 2;
  const buffer = new SharedArrayBuffer(namesAt * 4 + names.length);
  const words = new Uint32Array(buffer, 0, namesAt);
  words.set([sites.length, rows.length, slotCount, names.length]);
  const floats = new Float32Array(buffer, floatsAt * 4, rows.length * sites.length * 2).fill(Infinity);
  for (const [row, { key, sites: measured }] of rows.entries()) {
    insert(words, slotCount, key, row);
    for (const { site, keyMs, rttMs } of measured) {
      const at = (row * sites.length + (numbers.get(site) ?? 0)) * 2;
      floats[at] = keyMs;
      floats[at + 1] = rttMs;
    }
  }
  new Uint8Array(buffer, namesAt * 4).set(names);
  return buffer;
}

/** A table with nothing in it. */
export function emptyLatencyTable(): SharedArrayBuffer {
  return encodeLatencyTable([]);
}

/** Reads the table that holds now. Whoever reads keeps this object over replacements; nothing but `replace` allocates. */
export class LatencyTable {
  #words: Uint32Array = new Uint32Array();
  #floats: Float32Array = new Float32Array();
  #slotCount = 0;
  #sites: readonly SiteId[] = [];
  #revision = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.replace(buffer);
  }

  /** Reads another buffer from now on. */
  replace(buffer: SharedArrayBuffer): void {
    const [siteCount = 0, rowCount = 0, slotCount = 0, nameBytes = 0] = new Uint32Array(buffer, 0, headerWords);
    const floatsAt = headerWords + slotCount * slotWords;
    const namesAt = (floatsAt + siteCount * rowCount * 2) * 4;
    this.#words = new Uint32Array(buffer, 0, floatsAt);
    this.#floats = new Float32Array(buffer, floatsAt * 4, siteCount * rowCount * 2);
    this.#slotCount = slotCount;
    // A decoder takes no shared memory; `encodeLatencyTable` wrote a list of names.
    const names = new TextDecoder().decode(new Uint8Array(buffer, namesAt, nameBytes).slice());
    this.#sites = JSON.parse(names) as readonly SiteId[];
    this.#revision++;
  }

  /** Changes with each replacement: rows and numbers of sites are of one revision. */
  get revision(): number {
    return this.#revision;
  }

  /** The number of a site, or -1 where no row has it. */
  siteNumber(site: SiteId): number {
    return this.#sites.indexOf(site);
  }

  /**
   * The row of the network that an address of 4 or 16 octets lies in, of which `bits` are known; or else that of its
   * aggregate; or -1.
   */
  find(address: Uint8Array, bits: number): number {
    if (this.#floats.length === 0) return -1;
    const head = ((address[0] ?? 0) << 24) | ((address[1] ?? 0) << 16);
    const third = (address[2] ?? 0) << 8;
    if (address.length === 4) {
      const row = bits < networkBits.ipv4 ? -1 : this.#row((head | third) >>> 0, kind.network4);
      return row >= 0 || bits < aggregateBits.ipv4 ? row : this.#row(head >>> 0, kind.aggregate4);
    }
    const first = (head | third | (address[3] ?? 0)) >>> 0;
    const next = ((address[4] ?? 0) << 8) | (address[5] ?? 0);
    const row = bits < networkBits.ipv6 ? -1 : this.#row(first, kind.network6 | next);
    return row >= 0 || bits < aggregateBits.ipv6 ? row : this.#row(first, kind.aggregate6);
  }

  /** By which sites are ordered, in milliseconds, least first: infinite where the site was not measured. */
  keyMs(row: number, site: number): number {
    return this.#at(row, site, 0);
  }

  /** The measured round trip in milliseconds: infinite where there is none. */
  rttMs(row: number, site: number): number {
    return this.#at(row, site, 1);
  }

  #at(row: number, site: number, offset: 0 | 1): number {
    return site < 0 ? Infinity : (this.#floats[(row * this.#sites.length + site) * 2 + offset] ?? Infinity);
  }

  #row(first: number, second: number): number {
    const words = this.#words;
    const mask = this.#slotCount - 1;
    for (let slot = hash(first, second) & mask; ; slot = (slot + 1) & mask) {
      const at = headerWords + slot * slotWords;
      if (words[at + 1] === 0) return -1;
      if (words[at] === first && words[at + 1] === second) return words[at + 2] ?? -1;
    }
  }
}

function insert(words: Uint32Array, slotCount: number, { first, second }: NetworkKey, row: number): void {
  let slot = hash(first, second) & (slotCount - 1);
  while (words[headerWords + slot * slotWords + 1] !== 0) slot = (slot + 1) & (slotCount - 1);
  const at = headerWords + slot * slotWords;
  words[at] = first;
  words[at + 1] = second;
  words[at + 2] = row;
}

function hash(first: number, second: number): number {
  let mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
