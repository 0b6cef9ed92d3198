/**
 * Entries of master files into records (RFC 1035 §5, RFC 2308 §4 for $TTL, RFC 3597 §5), and `LUA` records into code.
 *
 * Every error is reported, each at its own token. The frequent types are read by plain-rdata.ts without an object made;
 * all others by `parseRdata`. Directives are in directives.ts; whether the records make a zone is judged in checks.ts.
 */
import { parseType, isMetaType, recordType, typeName } from '../wire/constants.ts';
import { parseName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { parseRdata } from '../wire/rdata.ts';
import type { RdataToken } from '../wire/rdata-fields.ts';
import { parseTtl } from '../wire/ttl.ts';
import { looksLikeAddress, plainTtl, plainType } from './plain-head.ts';
import { tokenFlag } from './entry-scanner.ts';
import type { EntryScanner } from './entry-scanner.ts';
import { readCode } from './lua-code.ts';
import { OwnerScanner } from './name-scanner.ts';
import { plainRdata } from './plain-rdata.ts';
import type { ProblemLog } from './problem-log.ts';
import { none } from './records.ts';
import type { RecordPlace, ZoneRecords } from './records.ts';

/** Room is made for so many records and octets at most before they are read; more are taken as they come. */
const mostExpectedRecords = 1 << 22;
/** Octets of a line such as `a A 192.0.2.1`, at the least; shorter ones are empty or comments. */
const leastRecordOctets = 12;
const mostExpectedBytes = 1 << 27;

/** Entries of one text, and where problems in them are. */
export interface EntrySource {
  readonly tokens: EntryScanner;
  readonly source: number;
  /** Where everything in generated entries is said to stand; undefined for entries of the text itself. */
  readonly anchor?: number | undefined;
}

/** What records are relative to, and what later ones take over from earlier ones. */
export class RecordReader {
  readonly records: ZoneRecords;
  readonly log: ProblemLog;
  /** Owner names are read below its origin, which `$ORIGIN` sets. */
  readonly owners = new OwnerScanner();
  /** Name id of the owner before; `none` before the first. */
  owner: number = none;
  /** Records that follow a broken owner with a blank one are skipped with it. */
  isOwnerBroken = false;
  defaultTtlSeconds: number | undefined;
  #lastTtlSeconds: number | undefined;
  readonly #rdata = new Uint8Array(0x1_0000);
  /** Of the entry at hand. */
  #ttlSeconds = -1;
  #type = 0;
  #typeToken = 0;

  constructor(records: ZoneRecords, log: ProblemLog, origin: Name) {
    this.records = records;
    this.log = log;
    this.owners.origin = origin;
  }

  /** Makes room for the records of a first text: most often one a line, whose data is no longer than its text. */
  expect(lines: number, octets: number): void {
    const records = Math.min(lines, Math.ceil(octets / leastRecordOctets), mostExpectedRecords);
    const bytes = Math.min(octets, mostExpectedBytes);
    this.records.reserve(records, Math.min(bytes + records * this.owners.origin.length, mostExpectedBytes), bytes);
  }

  /** Reads the entry at hand as a record. */
  readRecord(entry: EntrySource): void {
    const { tokens } = entry;
    if (!tokens.hasBlankOwner) {
      this.owner = this.readOwner(entry, 0);
      this.isOwnerBroken = this.owner === none;
    }
    if (this.isOwnerBroken) return;
    if (this.owner === none) {
      this.log.error(placeOf(entry, 0), 'the first record begins with blank space: expected an owner name');
      return;
    }
    this.readAfterOwner(entry, tokens.hasBlankOwner ? 0 : 1, this.owner);
  }

  /** Reads TTL, class, type and data, which begin at token `first`; false where that is refused. */
  readAfterOwner(entry: EntrySource, first: number, owner: number): boolean {
    const type = this.readHead(entry, first);
    return type >= 0 && this.readData(entry, type + 1, owner);
  }

  /** Reads a token as a name and returns its id among the records' names; `none` where it is not one. */
  readOwner(entry: EntrySource, token: number): number {
    const { tokens } = entry;
    const start = tokens.starts[token] ?? 0;
    const end = tokens.ends[token] ?? 0;
    const isPlain = ((tokens.flags[token] ?? 0) & tokenFlag.escaped) === 0;
    if (!isPlain || !this.owners.scan(tokens.bytes, start, end)) {
      const name = this.readName(entry, token);
      if (name === undefined) return none;
      this.owners.take(name);
    }
    return this.records.names.intern(this.owners.bytes, 0, this.owners.hash);
  }

  /** Reads a token as a name; reports and returns undefined where it is not one. */
  readName(entry: EntrySource, token: number): Name | undefined {
    const text = entry.tokens.text(token);
    if (text === '@') return this.owners.origin;
    const name = parseName(text, this.owners.origin);
    if (name.ok) return name.value;
    this.log.error(placeOf(entry, token), `"${text}" is not a name: ${name.fault}`);
    return undefined;
  }

  /** Reads a token as a time; reports and returns undefined where it is not one. */
  readTtl(entry: EntrySource, token: number): number | undefined {
    const { tokens } = entry;
    const plain = plainTtl(tokens.bytes, tokens.starts[token] ?? 0, tokens.ends[token] ?? 0);
    if (plain >= 0) return plain;
    const text = tokens.text(token);
    const ttlSeconds = parseTtl(text);
    if (ttlSeconds !== undefined) return ttlSeconds;
    const expected = 'expected one such as 300, 5m or 1h30m, below 2^31 seconds';
    this.log.error(placeOf(entry, token), `TTL "${text}" is not a time: ${expected}`);
    return undefined;
  }

  /**
   * Takes TTL and class, in any order and each at most once, and the type, which must follow them; returns the type's
   * token, -1 where the head is refused.
   */
  readHead(entry: EntrySource, first: number): number {
    const { tokens } = entry;
    this.#ttlSeconds = -1;
    let hasClass = false;
    for (let token = first; token < tokens.count; token++) {
      const start = tokens.starts[token] ?? 0;
      const end = tokens.ends[token] ?? 0;
      const type = plainType(tokens.bytes, start, end);
      if (type !== 0) return this.#settleHead(entry, token, type);
      const byte = tokens.bytes[start] ?? 0;
      if (byte >= 0x30 && byte <= 0x39 && this.#ttlSeconds < 0) {
        const ttlSeconds = this.readTtl(entry, token);
        if (ttlSeconds === undefined) return -1;
        this.#ttlSeconds = ttlSeconds;
        continue;
      }
      const isClass = hasClass ? undefined : this.#readClass(entry, token);
      if (isClass === false) return -1;
      if (isClass === undefined) return this.#readType(entry, token);
      hasClass = true;
    }
    const last = tokens.text(tokens.count - 1);
    const message = `the record ends after "${last}": expected a type such as A`;
    this.log.error(placeOf(entry, tokens.count - 1), message);
    return -1;
  }

  /** Whether a token is our class; false for another one, undefined for no class at all. */
  #readClass(entry: EntrySource, token: number): boolean | undefined {
    const { tokens } = entry;
    const start = tokens.starts[token] ?? 0;
    const isShort = (tokens.ends[token] ?? 0) - start === 2;
    if (isShort && ((tokens.bytes[start] ?? 0) & 0xdf) === 0x49 && ((tokens.bytes[start + 1] ?? 0) & 0xdf) === 0x4e) {
      return true;
    }
    const text = tokens.text(token);
    if (!/^(?:CH|HS|CS|CLASS\d+)$/i.test(text)) return undefined;
    if (/^CLASS0*1$/i.test(text)) return true;
    this.log.error(placeOf(entry, token), `class "${text}" is not served: expected IN`);
    return false;
  }

  #readType(entry: EntrySource, token: number): number {
    const text = entry.tokens.text(token);
    const type = parseType(text);
    if (type === undefined) {
      const expected = 'expected one such as A, AAAA, CNAME or TYPE65280';
      this.log.error(placeOf(entry, token), `"${text}" is not a record type: ${expected}`);
      return -1;
    }
    if (isMetaType(type)) {
      const message = `${typeName(type)} exists only in queries: expected a type of data`;
      this.log.error(placeOf(entry, token), message);
      return -1;
    }
    return this.#settleHead(entry, token, type);
  }

  /** An explicit TTL, $TTL, the last one stated, or for the first SOA its own minimum, as other servers do. */
  #settleHead(entry: EntrySource, token: number, type: number): number {
    this.#type = type;
    this.#typeToken = token;
    if (this.#ttlSeconds >= 0) {
      this.#lastTtlSeconds = this.#ttlSeconds;
      return token;
    }
    let ttlSeconds = this.defaultTtlSeconds ?? this.#lastTtlSeconds;
    if (ttlSeconds === undefined && type === recordType.SOA) {
      ttlSeconds = parseTtl(entry.tokens.text(token + 7));
      this.#lastTtlSeconds = ttlSeconds;
    }
    if (ttlSeconds === undefined) {
      const expected = 'expected one before the type, or $TTL above';
      this.log.error(placeOf(entry, token), `the record has no TTL: ${expected}`);
      return -1;
    }
    this.#ttlSeconds = ttlSeconds;
    return token;
  }

  /** Reads the data, which begins at token `first`, of the head that was read last. */
  readData(entry: EntrySource, first: number, owner: number): boolean {
    const type = this.#type;
    if (type === recordType.LUA) return this.#readCode(entry, first, owner);
    const { tokens } = entry;
    const length = plainRdata(type, tokens, first, this.owners.origin, this.#rdata);
    if (length > 0) {
      if (type === recordType.NS || type === recordType.MX) this.#warnOfAddress(entry, tokens.count - 1);
      this.records.add(this.#head(entry, owner, type), this.#rdata, 0, length);
      return true;
    }
    const rdata = parseRdata(type, rdataTokens(tokens, first), this.owners.origin);
    if (rdata.ok) {
      this.records.add(this.#head(entry, owner, type), rdata.value);
      return true;
    }
    const at = Math.min(first + rdata.fault.token, tokens.count - 1);
    this.log.error(placeOf(entry, at), `${typeName(type)}: ${rdata.fault.message}`);
    return false;
  }

  #readCode(entry: EntrySource, first: number, owner: number): boolean {
    const { tokens } = entry;
    const inner = first < tokens.count ? tokens.text(first) : '';
    const type = parseType(inner);
    if (type === undefined || isMetaType(type)) {
      const at = first < tokens.count ? first : first - 1;
      const expected = 'expected the type it gives, such as LUA A';
      this.log.error(placeOf(entry, at), `LUA is followed by "${inner}": ${expected}`);
      return false;
    }
    const code = readCode(tokens, first + 1);
    if ('faultAt' in code) {
      const offset = entry.anchor ?? code.faultAt;
      const message = 'a backslash must be followed by a character or three digits';
      this.log.error({ source: entry.source, offset }, message);
      return false;
    }
    if (code.code === '') {
      this.log.error(placeOf(entry, first - 1), 'LUA has no code: expected a quoted string');
      return false;
    }
    const offsets = entry.anchor === undefined ? code.offsets : code.offsets.fill(entry.anchor);
    const id = this.records.add(this.#head(entry, owner, type), this.#rdata, 0, 0);
    this.records.codes.set(id, { code: code.code, offsets });
    return true;
  }

  #warnOfAddress(entry: EntrySource, token: number): void {
    const { tokens } = entry;
    if (!looksLikeAddress(tokens.bytes, tokens.starts[token] ?? 0, tokens.ends[token] ?? 0)) return;
    const message = `${typeName(this.#type)}: "${tokens.text(token)}" is an address: expected a host name`;
    this.log.warning(placeOf(entry, token), message);
  }

  #head(entry: EntrySource, owner: number, type: number): RecordHead {
    const offset = entry.anchor ?? entry.tokens.offsetOf(this.#typeToken);
    return { owner, type, ttlSeconds: this.#ttlSeconds, source: entry.source, offset };
  }
}

type RecordHead = RecordPlace & { readonly owner: number; readonly type: number; readonly ttlSeconds: number };

/** Where a token of an entry stands. */
export function placeOf(entry: EntrySource, token: number): RecordPlace {
  return { source: entry.source, offset: entry.anchor ?? entry.tokens.offsetOf(token) };
}

/** The tokens from `first` on, as `parseRdata` takes them. */
function rdataTokens(tokens: EntryScanner, first: number): readonly RdataToken[] {
  const words: RdataToken[] = [];
  for (let token = first; token < tokens.count; token++) {
    words.push({ text: tokens.text(token), quoted: tokens.isQuoted(token) });
  }
  return words;
}
