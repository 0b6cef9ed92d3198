/**
 * Record data, between master file text, wire form and messages, driven by the layouts of rdata-layouts.ts.
 *
 * A type without a layout is opaque bytes, written `\# length hex` (RFC 3597 §5); that form is accepted for every type.
 * Data is kept in wire form with its names uncompressed.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { ByteSink } from './byte-sink.ts';
import { expandName } from './message-name.ts';
import { rootName } from './name.ts';
import type { Name } from './name.ts';
import { RdataFault, TextCursor, WireCursor } from './rdata-codec.ts';
import type { Field, RdataToken } from './rdata-codec.ts';
import { encode, hex, parseEncodedRest } from './rdata-encodings.ts';
import { layouts } from './rdata-layouts.ts';

export { compressibleNames, targetOf } from './rdata-layouts.ts';
export type { CompressibleNames } from './rdata-layouts.ts';

const maxRdataBytes = 0xffff;

/** What is wrong with the text of record data, and at which token; `token` may be one past the last. */
export interface RdataTextFault {
  readonly token: number;
  readonly message: string;
}

/** Parsing is synchronous and never nested, so that one cursor and its buffers serve every record. */
const cursor = new TextCursor();

/** Parses the tokens of record data; relative names are completed with `origin`. */
export function parseRdata(
  type: number,
  tokens: readonly RdataToken[],
  origin: Name = rootName,
): Result<Uint8Array, RdataTextFault> {
  cursor.start(tokens, origin);
  try {
    const layout = layouts.get(type);
    if (tokens[0]?.text === '\\#' && !tokens[0].quoted) parseOpaque(layout);
    else if (layout === undefined) throw new RdataFault('this type has no text form here: write it as \\# LENGTH HEX');
    else parseFields(layout);
    if (cursor.out.length > maxRdataBytes) throw new RdataFault(`record data is at most ${maxRdataBytes} octets`);
    return succeed(cursor.out.copy());
  } catch (fault) {
    if (fault instanceof RdataFault) return refuse({ token: cursor.faultAt, message: fault.message });
    throw fault;
  }
}

function parseFields(layout: readonly Field[]): void {
  for (const field of layout) field.parse(cursor);
  const extra = cursor.tokens[cursor.index];
  if (extra === undefined) return;
  cursor.faultAt = cursor.index;
  throw new RdataFault(`"${extra.text}" is more than this type takes`);
}

/** Parses `\# length hex…` (RFC 3597 §5) and checks the octets against the type's layout, if it has one. */
function parseOpaque(layout: readonly Field[] | undefined): void {
  cursor.index = 1;
  const length = cursor.integer(maxRdataBytes, 'a length in octets');
  const found = parseEncodedRest(cursor, hex);
  if (found !== length) {
    cursor.faultAt = 1;
    throw new RdataFault(`the length says ${length} octets, the data has ${found}`);
  }
  if (layout === undefined || fits(layout, cursor.out.bytes, 0, found)) return;
  cursor.faultAt = 2;
  throw new RdataFault('these octets are not valid data of this type');
}

/** Whether the octets are just the fields of a layout, with no compressed name in them. */
function fits(layout: readonly Field[], bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (const field of layout) {
    at = field.measure(bytes, at, end);
    if (at < 0) return false;
  }
  return at === end;
}

/** Writes record data as master file text; data that its layout does not fit is written as RFC 3597 text. */
export function formatRdata(type: number, rdata: Uint8Array): string {
  const layout = layouts.get(type);
  if (layout === undefined || !fits(layout, rdata, 0, rdata.length)) {
    return `\\# ${rdata.length} ${encode(hex, rdata).toLowerCase()}`.trimEnd();
  }
  const wire = new WireCursor(rdata);
  let text = '';
  for (const field of layout) {
    const written = field.format(wire);
    text += text === '' || written === '' ? written : ` ${written}`;
  }
  return text;
}

const expanded = new ByteSink();

/**
 * Copies record data out of a message, by default all of it, with its names uncompressed; undefined when it does not
 * fit its type.
 *
 * Names are expanded in the types that RFC 3597 §4 lists; a compressed name in another type does not fit it.
 */
export function expandRdata(
  type: number,
  message: Uint8Array,
  span: { readonly offset: number; readonly length: number } = { offset: 0, length: message.length },
): Uint8Array | undefined {
  const layout = layouts.get(type);
  let at = span.offset;
  const end = at + span.length;
  if (end > message.length) return undefined;
  if (layout === undefined) return message.slice(at, end);
  if (!layout.some((field) => field.isCompressible === true)) {
    return fits(layout, message, at, end) ? message.slice(at, end) : undefined;
  }
  expanded.clear();
  for (const field of layout) {
    if (field.isCompressible === true) {
      const name = expandName(message, at, end);
      if (name === undefined) return undefined;
      expanded.append(name.name);
      at = name.next;
    } else {
      const next = field.measure(message, at, end);
      if (next < 0) return undefined;
      expanded.append(message, at, next);
      at = next;
    }
  }
  return at === end && expanded.length <= maxRdataBytes ? expanded.copy() : undefined;
}
