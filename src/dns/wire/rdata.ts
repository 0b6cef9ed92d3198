/**
 * Record data, between master file text, wire form and messages, driven by one layout table.
 *
 * A type without a layout is opaque bytes, written `\# length hex` (RFC 3597 §5); that form is accepted for every type.
 * Data is kept in wire form with its names uncompressed. The field codecs are in rdata-fields.ts.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { recordType } from './constants.ts';
import { rootName } from './name.ts';
import type { Name } from './name.ts';
import { copyField, formatField, parseField, RdataFault } from './rdata-fields.ts';
import type { FieldKind, RdataToken } from './rdata-fields.ts';

const layouts = new Map<number, readonly FieldKind[]>([
  [recordType.A, ['ipv4']],
  [recordType.NS, ['name']],
  [recordType.CNAME, ['name']],
  [recordType.SOA, ['name', 'name', 'u32', 'duration', 'duration', 'duration', 'duration']],
  [recordType.PTR, ['name']],
  [recordType.HINFO, ['string', 'string']],
  [recordType.MX, ['u16', 'name']],
  [recordType.TXT, ['strings']],
  [recordType.AAAA, ['ipv6']],
  [recordType.SRV, ['u16', 'u16', 'u16', 'name']],
  [recordType.DNAME, ['name']],
  [recordType.CAA, ['u8', 'tag', 'text']],
]);

/** What is wrong with the text of record data, and at which token; `token` may be one past the last. */
export interface RdataTextFault {
  readonly token: number;
  readonly message: string;
}

/** Parses the tokens of record data; relative names are completed with `origin`. */
export function parseRdata(
  type: number,
  tokens: readonly RdataToken[],
  origin: Name = rootName,
): Result<Uint8Array, RdataTextFault> {
  const cursor = { tokens, index: 0, origin, bytes: [] as number[] };
  try {
    const layout = layouts.get(type);
    if (tokens[0]?.text === '\\#' && !tokens[0].quoted) return parseOpaque(type, tokens);
    if (layout === undefined) throw new RdataFault('this type has no text form here: write it as \\# LENGTH HEX');
    for (const kind of layout) parseField(kind, cursor);
    const extra = tokens[cursor.index];
    if (extra !== undefined) throw new RdataFault(`"${extra.text}" is more than this type takes`);
    if (cursor.bytes.length > 0xffff) throw new RdataFault('record data is at most 65535 octets');
    return succeed(Uint8Array.from(cursor.bytes));
  } catch (fault) {
    if (fault instanceof RdataFault) return refuse({ token: cursor.index, message: fault.message });
    throw fault;
  }
}

/** Parses `\# length hex…` (RFC 3597 §5) and checks the bytes against the type's layout, if it has one. */
function parseOpaque(type: number, tokens: readonly RdataToken[]): Result<Uint8Array, RdataTextFault> {
  const length = tokens[1]?.text ?? '';
  if (!/^\d{1,5}$/.test(length)) return refuse({ token: 1, message: `"${length}" is not a length in octets` });
  const hex = tokens.slice(2).map((token) => token.text);
  const bad = hex.findIndex((text) => !/^[0-9a-fA-F]*$/.test(text));
  if (bad >= 0) return refuse({ token: 2 + bad, message: `"${hex[bad] ?? ''}" is not hexadecimal` });
  const digits = hex.join('');
  if (digits.length !== Number(length) * 2) {
    return refuse({ token: 1, message: `the length says ${length} octets, the data has ${digits.length / 2}` });
  }
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
  if (expandRdata(type, bytes) === undefined) {
    return refuse({ token: 2, message: 'these octets are not valid data of this type' });
  }
  return succeed(bytes);
}

/** Writes record data as master file text; data that its layout does not fit is written as RFC 3597 text. */
export function formatRdata(type: number, rdata: Uint8Array): string {
  const layout = layouts.get(type);
  if (layout !== undefined && expandRdata(type, rdata) !== undefined) {
    const cursor = { bytes: rdata, at: 0 };
    return layout.map((kind) => formatField(kind, cursor)).join(' ');
  }
  const hex = Array.from(rdata, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `\\# ${rdata.length} ${hex}`.trimEnd();
}

/**
 * Copies record data out of a message, by default all of it, with its names uncompressed; undefined when it does not
 * fit its type.
 *
 * Names are expanded only in types that may be compressed or have a layout here (RFC 3597 §4).
 */
export function expandRdata(
  type: number,
  message: Uint8Array,
  span: { readonly offset: number; readonly length: number } = { offset: 0, length: message.length },
): Uint8Array | undefined {
  const layout = layouts.get(type);
  const { offset } = span;
  const end = offset + span.length;
  if (end > message.length) return undefined;
  if (layout === undefined) return message.slice(offset, end);
  const cursor = { message, at: offset, end, bytes: [] as number[] };
  for (const kind of layout) if (!copyField(kind, cursor)) return undefined;
  return cursor.at === end ? Uint8Array.from(cursor.bytes) : undefined;
}

/** Where the names that may be compressed lie in record data (RFC 3597 §4: the types of RFC 1035 only). */
export interface CompressibleNames {
  /** Octets before the first name. */
  readonly skip: number;
  /** Names that follow each other from there. */
  readonly count: number;
}

const compressible = new Map<number, CompressibleNames>([
  [recordType.NS, { skip: 0, count: 1 }],
  [recordType.CNAME, { skip: 0, count: 1 }],
  [recordType.PTR, { skip: 0, count: 1 }],
  [recordType.MX, { skip: 2, count: 1 }],
  [recordType.SOA, { skip: 0, count: 2 }],
]);

/** The names of a type's data that a message may compress; undefined where there are none. */
export function compressibleNames(type: number): CompressibleNames | undefined {
  return compressible.get(type);
}
