/**
 * Entries of a master file into records (RFC 1035 §5, RFC 2308 §4 for $TTL), and `LUA` records into compiled ones.
 *
 * Every error of the file is reported, each at its own token. Whether the records make a zone is judged in build.ts.
 */
import { decodeEscapes } from '../wire/character-string.ts';
import { isMetaType, parseType, recordType, typeName } from '../wire/constants.ts';
import { parseName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { parseRdata } from '../wire/rdata.ts';
import { parseTtl } from '../wire/ttl.ts';
import type { DynamicSource } from './dynamic.ts';
import type { ProblemList, TextPosition } from './problem.ts';
import { readEntries } from './tokens.ts';
import type { Entry, Token } from './tokens.ts';

interface RecordHead {
  readonly owner: Name;
  readonly ttlSeconds: number;
  /** The type of the data that it gives, also where code gives it. */
  readonly type: number;
  /** Where the type stands. */
  readonly position: TextPosition;
}

/** A record with data as written. */
export interface StaticSourceRecord extends RecordHead {
  readonly kind: 'static';
  readonly rdata: Uint8Array;
}

/** A record whose data code computes. */
export interface CodeSourceRecord extends RecordHead {
  readonly kind: 'code';
  readonly code: string;
  /** Where each character of `code` stands. */
  readonly positions: readonly TextPosition[];
}

export type SourceRecord = StaticSourceRecord | CodeSourceRecord;

/** A file's name for messages, its text, and the origin that relative names begin with. */
export interface MasterFile {
  readonly file: string;
  readonly text: string;
  readonly origin: Name;
}

/** Reads all records of a file; what is wrong goes to `problems` and is left out. */
export function readMasterFile(source: MasterFile, problems: ProblemList): readonly SourceRecord[] {
  const reader = new RecordReader(source.origin, problems);
  for (const entry of readEntries(source.file, source.text, problems)) reader.read(entry);
  return reader.records;
}

const directives = '$ORIGIN and $TTL';

class RecordReader {
  readonly records: SourceRecord[] = [];
  readonly #problems: ProblemList;
  #origin: Name;
  #owner: Name | undefined;
  #isOwnerBroken = false;
  #defaultTtlSeconds: number | undefined;
  #lastTtlSeconds: number | undefined;

  constructor(origin: Name, problems: ProblemList) {
    this.#origin = origin;
    this.#problems = problems;
  }

  read(entry: Entry): void {
    const [first] = entry.tokens;
    if (!entry.hasBlankOwner && !first.quoted && first.text.startsWith('$')) this.#readDirective(entry.tokens);
    else this.#readRecord(entry);
  }

  #readDirective([directive, argument, extra]: readonly [Token, ...Token[]]): void {
    const name = directive.text.toUpperCase();
    if (name !== '$ORIGIN' && name !== '$TTL') {
      this.#problems.error(directive, `"${directive.text}" is not known: expected ${directives}`);
      return;
    }
    const expected = name === '$ORIGIN' ? 'a name' : 'a time such as 300 or 5m';
    if (argument === undefined) {
      this.#problems.error(directive, `${name} has no value: expected ${expected}`);
      return;
    }
    if (extra !== undefined) this.#problems.error(extra, `"${extra.text}" is more than ${name} takes`);
    if (name === '$ORIGIN') this.#origin = this.#readName(argument) ?? this.#origin;
    else this.#defaultTtlSeconds = this.#readTtl(argument) ?? this.#defaultTtlSeconds;
  }

  #readRecord(entry: Entry): void {
    const tokens = [...entry.tokens];
    const [first] = entry.tokens;
    if (!entry.hasBlankOwner) {
      tokens.shift();
      this.#owner = this.#readName(first);
      this.#isOwnerBroken = this.#owner === undefined;
    }
    // Records that follow a broken owner with a blank one are skipped with it.
    if (this.#isOwnerBroken) return;
    const owner = this.#owner;
    if (owner === undefined) {
      this.#problems.error(first, 'the first record begins with blank space: expected an owner name');
      return;
    }
    const head = this.#readHead(tokens, entry.tokens.at(-1) ?? first);
    if (head !== undefined) this.#readData({ owner, ...head }, tokens);
  }

  /** Takes TTL, class and type, in any order that RFC 1035 allows, from the front of `tokens`. */
  #readHead(tokens: Token[], last: Token): (Omit<RecordHead, 'owner'> & { readonly isCode: boolean }) | undefined {
    let ttlSeconds: number | undefined;
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      const upper = token.text.toUpperCase();
      if (upper === 'IN') continue;
      if (upper === 'CH' || upper === 'HS' || upper === 'CS') {
        this.#problems.error(token, `class "${token.text}" is not served: expected IN`);
        return undefined;
      }
      if (/^\d/.test(upper)) {
        ttlSeconds = this.#readTtl(token);
        if (ttlSeconds === undefined) return undefined;
        continue;
      }
      const type = this.#readType(token, tokens);
      if (type === undefined) return undefined;
      const ttl = this.#settleTtl(ttlSeconds, type.type, tokens);
      if (ttl === undefined) {
        this.#problems.error(token, 'the record has no TTL: expected one before the type, or $TTL above');
        return undefined;
      }
      return { ...type, ttlSeconds: ttl, position: token };
    }
    this.#problems.error(last, `the record ends after "${last.text}": expected a type such as A`);
    return undefined;
  }

  #readType(token: Token, rest: Token[]): { readonly type: number; readonly isCode: boolean } | undefined {
    const type = parseType(token.text);
    if (type === undefined) {
      this.#problems.error(
        token,
        `"${token.text}" is not a record type: expected one such as A, AAAA, CNAME or TYPE65280`,
      );
      return undefined;
    }
    if (isMetaType(type)) {
      this.#problems.error(token, `${typeName(type)} exists only in queries: expected a type of data`);
      return undefined;
    }
    if (type !== recordType.LUA) return { type, isCode: false };
    const inner = rest.shift();
    const innerType = inner === undefined ? undefined : parseType(inner.text);
    if (innerType === undefined || isMetaType(innerType) || innerType === recordType.LUA) {
      this.#problems.error(
        inner ?? token,
        `LUA is followed by "${inner?.text ?? ''}": expected the type it gives, such as LUA A`,
      );
      return undefined;
    }
    return { type: innerType, isCode: true };
  }

  /** An explicit TTL, $TTL, the last one stated, or for the first SOA its own minimum, as other servers do. */
  #settleTtl(explicit: number | undefined, type: number, rest: readonly Token[]): number | undefined {
    if (explicit !== undefined) return (this.#lastTtlSeconds = explicit);
    const inherited = this.#defaultTtlSeconds ?? this.#lastTtlSeconds;
    if (inherited !== undefined || type !== recordType.SOA) return inherited;
    const minimum = parseTtl(rest[6]?.text ?? '');
    if (minimum !== undefined) this.#lastTtlSeconds = minimum;
    return minimum;
  }

  #readData(head: RecordHead & { readonly isCode: boolean }, tokens: readonly Token[]): void {
    const { isCode, ...rest } = head;
    if (isCode) {
      this.#readCode(rest, tokens);
      return;
    }
    const rdata = parseRdata(head.type, tokens, this.#origin);
    if (rdata.ok) {
      this.records.push({ kind: 'static', ...rest, rdata: rdata.value });
    } else {
      const at = tokens[rdata.fault.token] ?? tokens.at(-1) ?? head.position;
      this.#problems.error(at, `${typeName(head.type)}: ${rdata.fault.message}`);
    }
  }

  #readCode(head: RecordHead, tokens: readonly Token[]): void {
    let code = '';
    const positions: TextPosition[] = [];
    for (const token of tokens) {
      const decoded = decodeEscapes(token.text);
      if ('faultIndex' in decoded) {
        const column = token.column + (token.quoted ? 1 : 0) + decoded.faultIndex;
        this.#problems.error({ ...token, column }, 'a backslash must be followed by a character or three digits');
        return;
      }
      for (const { byte, index } of decoded) {
        code += String.fromCharCode(byte);
        positions.push({ file: token.file, line: token.line, column: token.column + (token.quoted ? 1 : 0) + index });
      }
    }
    if (code === '') {
      this.#problems.error(head.position, 'LUA has no code: expected a quoted string');
      return;
    }
    this.records.push({ kind: 'code', ...head, code, positions });
  }

  #readName(token: Token): Name | undefined {
    if (token.text === '@' && !token.quoted) return this.#origin;
    const name = parseName(token.text, this.#origin);
    if (name.ok) return name.value;
    this.#problems.error(token, `"${token.text}" is not a name: ${name.fault}`);
    return undefined;
  }

  #readTtl(token: Token): number | undefined {
    const ttlSeconds = parseTtl(token.text);
    if (ttlSeconds === undefined) {
      this.#problems.error(
        token,
        `TTL "${token.text}" is not a time: expected one such as 300, 5m or 1h30m, below 2^31 seconds`,
      );
    }
    return ttlSeconds;
  }
}

/** What the compiler is told about a code record. */
export function dynamicSource(record: CodeSourceRecord, zone: Name): DynamicSource {
  const { code, type, owner, positions, position } = record;
  return { code, type, zone, owner, position: positions[0] ?? position };
}
