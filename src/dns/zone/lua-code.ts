/**
 * The code of `LUA` records (PowerDNS's form: the type that the code gives, then the code in one or several strings):
 * out of its tokens, and into the compiler, whose faults are placed inside the file.
 */
import { present } from '#base/assert.ts';
import { recordType } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import type { DynamicCompiler, DynamicSnippet } from './dynamic.ts';
import type { EntryScanner } from './entry-scanner.ts';
import type { ProblemLog } from './problem-log.ts';
import type { CodeRecord, ZoneRecords } from './records.ts';
import type { SourceText } from './source-text.ts';

const backslash = 0x5c;

/** Reads the code that the tokens from `first` on make together; the octet of the fault where an escape is malformed. */
export function readCode(tokens: EntryScanner, first: number): CodeRecord | { readonly faultAt: number } {
  let code = '';
  const offsets: number[] = [];
  const { bytes } = tokens;
  for (let token = first; token < tokens.count; token++) {
    const end = tokens.ends[token] ?? 0;
    for (let at = tokens.starts[token] ?? 0; at < end;) {
      const escape = bytes[at] === backslash ? readEscape(bytes, at, end) : undefined;
      if (escape === undefined && bytes[at] === backslash) return { faultAt: at };
      // Characters of code are octets.
      code += String.fromCharCode(escape?.byte ?? bytes[at] ?? 0);
      offsets.push(at);
      at += escape?.length ?? 1;
    }
  }
  return { code, offsets: Uint32Array.from(offsets) };
}

/** The octet that `\DDD` or `\X` at `at` stands for (RFC 1035 §5.1). */
function readEscape(bytes: Uint8Array, at: number, end: number): { byte: number; length: number } | undefined {
  const next = at + 1 < end ? (bytes[at + 1] ?? 0) : undefined;
  if (next === undefined) return undefined;
  if (!isDigit(next)) return { byte: next, length: 2 };
  if (at + 3 >= end || !isDigit(bytes[at + 2] ?? 0) || !isDigit(bytes[at + 3] ?? 0)) return undefined;
  const byte = Number(String.fromCharCode(next, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0));
  return byte > 255 ? undefined : { byte, length: 4 };
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const noSnippets: readonly DynamicSnippet[] = [];
/** One array for each zone, since every source refers to it. */
const snippetsByRecords = new WeakMap<ZoneRecords, readonly DynamicSnippet[]>();

/** The snippets of a zone's records, as a source has them: absent where there are none. */
export function snippetsOf(records: ZoneRecords): { readonly snippets?: readonly DynamicSnippet[] } {
  let snippets = snippetsByRecords.get(records);
  if (snippets === undefined) {
    const found: DynamicSnippet[] = [];
    for (const [id, { code }] of records.codes) {
      if (records.type[id] === recordType.LUA) found.push({ owner: records.names.name(records.owner[id] ?? 0), code });
    }
    snippets = found.length === 0 ? noSnippets : found;
    snippetsByRecords.set(records, snippets);
  }
  return snippets.length === 0 ? {} : { snippets };
}

/** Compiles every code record of a zone; what does not compile goes to `log`. The result is dropped. */
export function compileCodes(
  zone: { readonly apex: Name; readonly records: ZoneRecords },
  sources: readonly SourceText[],
  compile: DynamicCompiler,
  log: ProblemLog,
): void {
  const { apex, records } = zone;
  for (const [id, { code, offsets }] of records.codes) {
    const { source } = records.placeOf(id);
    const position = present(sources[source], 'the source of a record').positionOf(offsets[0] ?? 0);
    const owner = records.names.name(records.owner[id] ?? 0);
    const type = records.type[id] ?? 0;
    const compiled = compile({ code, type, zone: apex, owner, position, ...snippetsOf(records) });
    if (compiled.ok) continue;
    const at = Math.min(Math.max(compiled.fault.offset, 0), offsets.length - 1);
    log.error({ source, offset: offsets[at] ?? 0 }, `LUA: ${compiled.fault.message}`);
  }
}
