/**
 * What is at each name of a zone, and which names lie below a delegation or DNAME: what the checks ask.
 *
 * Types are summed up as bits of one octet a name, so that a million names are looked through in a few flat arrays.
 */
import { recordType } from '../wire/constants.ts';
import { LabelIndex, wildcardHash } from '../wire/name-map.ts';
import type { Name } from '../wire/name.ts';
import { hashName } from './name-scanner.ts';
import { NameArena, none } from './records.ts';
import type { ZoneRecords } from './records.ts';

/** What is at a name; bits. */
export const content = {
  cname: 1,
  /** Anything that may not stand beside a CNAME. */
  other: 2,
  ns: 4,
  dname: 8,
  ds: 16,
  /** A, AAAA, or ALIAS, which gives them. */
  address: 32,
  /** MX or SRV, whose targets need addresses. */
  mailOrService: 64,
  /** ALIAS, which gives the addresses of its target. */
  alias: 128,
} as const;

/** The bits of one type. */
export function contentOf(type: number): number {
  switch (type) {
    case recordType.A:
    case recordType.AAAA:
      return content.address | content.other;
    case recordType.ALIAS:
      return content.address | content.other | content.alias;
    case recordType.CNAME:
      return content.cname;
    case recordType.NS:
      return content.ns | content.other;
    case recordType.DNAME:
      return content.dname | content.other;
    case recordType.DS:
      return content.ds | content.other;
    case recordType.MX:
    case recordType.SRV:
      return content.mailOrService | content.other;
    // DNSSEC stands beside a CNAME (RFC 2181 §10.1, RFC 4034 §3 and §4).
    case recordType.SIG:
    case recordType.KEY:
    case recordType.RRSIG:
    case recordType.NSEC:
      return 0;
    default:
      return content.other;
  }
}

/** Where a name of the zone leads; `at` is the name of the DNAME. */
export type Resolution =
  | { readonly kind: 'outside' }
  | { readonly kind: 'addressed' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'alias' }
  | { readonly kind: 'belowDname'; readonly at: number }
  | { readonly kind: 'delegated'; readonly hasGlue: boolean };

/** The names of a zone whose records are all at or below its apex. */
export class ZoneNames {
  readonly records: ZoneRecords;
  readonly apex: Name;
  readonly apexId: number;
  /** What is at each name, by id. */
  readonly contents: Uint8Array;
  readonly #apexLabels: number;
  readonly #labels = new LabelIndex();
  /** Whether any name cuts off those below it. */
  readonly #hasBottom: boolean;
  #between: NameArena | undefined;

  constructor(records: ZoneRecords, apex: Name) {
    this.records = records;
    this.apex = apex;
    this.apexId = records.names.idOf(apex);
    this.#labels.scan(apex, 0);
    this.#apexLabels = this.#labels.count;
    this.contents = new Uint8Array(records.names.count);
    for (let id = 0; id < records.count; id++) {
      const owner = records.owner[id] ?? 0;
      this.contents[owner] = (this.contents[owner] ?? 0) | contentOf(records.type[id] ?? 0);
    }
    let hasBottom = false;
    for (let name = 0; name < this.contents.length && !hasBottom; name++) hasBottom = this.isBottom(name);
    this.#hasBottom = hasBottom;
  }

  has(name: number, bits: number): boolean {
    return ((this.contents[name] ?? 0) & bits) !== 0;
  }

  /** Whether the zone's own data ends at a name: a delegation or a DNAME. */
  isBottom(name: number): boolean {
    return this.has(name, content.dname) || (this.has(name, content.ns) && name !== this.apexId);
  }

  /** The highest delegation or DNAME above a name of the zone, or `none`. */
  bottomAbove(name: number): number {
    if (!this.#hasBottom || name === this.apexId) return none;
    const { names } = this.records;
    return this.#scanBottom(names.bytes, names.offsets[name] ?? 0, 1);
  }

  /** Where the uncompressed name at `offset` leads, inside the zone. */
  resolve(bytes: Uint8Array, offset: number): Resolution {
    const { names } = this.records;
    const labels = this.#labels;
    labels.scan(bytes, offset);
    const apexLabel = labels.count - this.#apexLabels;
    if (apexLabel < 0) return { kind: 'outside' };
    const apexAt = offset + (labels.offsets[apexLabel] ?? 0);
    if (names.find(bytes, apexAt, labels.hashes[apexLabel] ?? 0) !== this.apexId) return { kind: 'outside' };
    const id = names.find(bytes, offset, labels.hashes[0] ?? 0);
    const bottom = this.#hasBottom ? this.#scanBottom(bytes, offset, 0) : none;
    if (bottom !== none) {
      const isCut = this.has(bottom, content.ns) && bottom !== this.apexId;
      if (isCut) return { kind: 'delegated', hasGlue: id !== none && this.has(id, content.address) };
      if (bottom !== id) return { kind: 'belowDname', at: bottom };
    }
    const found = id === none ? this.#findWildcard(bytes, offset) : id;
    if (found === none) return { kind: 'missing' };
    if (this.has(found, content.address)) return { kind: 'addressed' };
    return this.has(found, content.cname) ? { kind: 'alias' } : { kind: 'missing' };
  }

  /** The highest bottom at label `first` of a name or above; the name lies in the zone. */
  #scanBottom(bytes: Uint8Array, offset: number, first: number): number {
    const labels = this.#labels;
    labels.scan(bytes, offset);
    for (let label = labels.count - this.#apexLabels; label >= first; label--) {
      const id = this.records.names.find(bytes, offset + (labels.offsets[label] ?? 0), labels.hashes[label] ?? 0);
      if (id !== none && this.isBottom(id)) return id;
    }
    return none;
  }

  /** The wildcard that answers for a name that has no records (RFC 4592 §3.3.1), or `none`. */
  #findWildcard(bytes: Uint8Array, offset: number): number {
    const { names } = this.records;
    const between = (this.#between ??= this.#namesBetween());
    const labels = this.#labels;
    labels.scan(bytes, offset);
    if (between.find(bytes, offset, labels.hashes[0] ?? 0) !== none) return none;
    for (let label = 1; label <= labels.count - this.#apexLabels; label++) {
      const at = offset + (labels.offsets[label] ?? 0);
      const hash = labels.hashes[label] ?? 0;
      if (names.find(bytes, at, hash) === none && between.find(bytes, at, hash) === none) continue;
      const end = offset + (labels.offsets[labels.count] ?? 0) + 1;
      const wildcard = Uint8Array.of(1, 0x2a, ...bytes.subarray(at, end));
      return names.find(wildcard, 0, wildcardHash(hash));
    }
    return none;
  }

  /** Every name above one with records: those exist though they have none themselves (RFC 4592 §2.2.2). */
  #namesBetween(): NameArena {
    const { names } = this.records;
    const between = new NameArena();
    const labels = new LabelIndex();
    for (let id = 0; id < names.count; id++) {
      const offset = names.offsets[id] ?? 0;
      labels.scan(names.bytes, offset);
      for (let label = 1; label < labels.count - this.#apexLabels; label++) {
        const before = between.count;
        between.intern(names.bytes, offset + (labels.offsets[label] ?? 0), labels.hashes[label] ?? 0);
        if (between.count === before) break;
      }
    }
    return between;
  }
}

/** Which names lie at or below `apex`; 1 by name id where not. */
export function namesOutside(names: NameArena, apex: Name): Uint8Array {
  const outside = new Uint8Array(names.count);
  const apexHash = hashName(apex);
  const probe = new NameArena();
  probe.intern(apex, 0, apexHash);
  for (let id = 0; id < names.count; id++) {
    const offset = names.offsets[id] ?? 0;
    const suffixAt = names.lengthOf(id) - apex.length;
    let at = 0;
    while (at < suffixAt) at += 1 + (names.bytes[offset + at] ?? 0);
    const isInside = at === suffixAt && probe.find(names.bytes, offset + at, apexHash) !== none;
    if (!isInside) outside[id] = 1;
  }
  return outside;
}
