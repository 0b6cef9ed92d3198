/** The queries of a file as messages, one behind the other: what the full load sends. */
import { openSync, readSync, closeSync, fstatSync } from 'node:fs';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { parseType } from '#dns/wire/constants.ts';

/** Messages in one piece of memory. */
export interface QueryMessages {
  readonly bytes: Uint8Array;
  /** Where each begins; one more for the end. */
  readonly offsets: Uint32Array;
}

/** How much of a file is read: a run does not get further. */
const mostFileBytes = 16 << 20;

/** Reads names and types line by line, or whole messages with their length before them (RFC 1035 §4.2.2). */
export function readQueries(
  file: string,
  form: { readonly isBinary: boolean; readonly hasEdns: boolean },
): QueryMessages {
  const bytes = readStart(file);
  return joined(form.isBinary ? framed(bytes) : encoded(bytes.toString('latin1'), form.hasEdns));
}

function readStart(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, mostFileBytes));
  readSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
  return bytes;
}

function* framed(bytes: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return;
    yield bytes.subarray(at + 2, end);
    at = end;
  }
}

/** dnsperf's EDNS is 4096 octets and no option; so is this one. */
function* encoded(text: string, hasEdns: boolean): Iterable<Uint8Array> {
  // A file that is cut off ends in part of a line.
  for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) {
    const [owner = '', typeName = ''] = line.split(' ');
    const name = parseName(`${owner}.`);
    const type = parseType(typeName);
    if (!name.ok || type === undefined) throw new Error(`no query: "${line}"`);
    yield encodeQuery(0, { name: name.value, type }, hasEdns ? { udpBytes: 4096 } : undefined);
  }
}

function joined(messages: Iterable<Uint8Array>): QueryMessages {
  const all = [...messages];
  const offsets = new Uint32Array(all.length + 1);
  for (const [index, message] of all.entries()) offsets[index + 1] = (offsets[index] ?? 0) + message.length;
  const bytes = new Uint8Array(offsets[all.length] ?? 0);
  for (const [index, message] of all.entries()) bytes.set(message, offsets[index]);
  return { bytes, offsets };
}
