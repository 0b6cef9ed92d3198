/**
 * The directives of master files: `$ORIGIN` and `$INCLUDE` (RFC 1035 §5.1), `$TTL` (RFC 2308 §4) and BIND's `$GENERATE`.
 *
 * An included file begins with the owner before it and the origin that its directive names, and both are restored after
 * it; a TTL that it sets stays, as in BIND.
 */
import type { Result } from '#base/result.ts';
import { parseType, recordType } from '../wire/constants.ts';
import { EntryScanner } from './entry-scanner.ts';
import { expandTemplate, maxGenerated, parseRange, parseTemplate } from './generate.ts';
import type { GenerateRange, Template } from './generate.ts';
import { placeOf } from './record-reader.ts';
import type { EntrySource, RecordReader } from './record-reader.ts';
import { none } from './records.ts';
import { SourceText } from './source-text.ts';

/** Text of an included file by the name as written, or why it cannot be had. */
export type IncludeText = (name: string, from: string) => Result<{ file: string; text: string }, string>;

/** How deep files may include files. */
const maxIncludeDepth = 16;
/** How many texts one zone is read from; files that include two others each would be read 65,536 times at that depth. */
const maxSources = 4096;
/** How many records all `$GENERATE` of one zone may make. */
const maxGeneratedInAll = 16 * maxGenerated;
/** How many characters of owners and data they may make: a long string in each record would fill the memory. */
const maxGeneratedCharacters = 1 << 28;
/** Octets of all texts of one zone: a file that is included again and again would fill the memory. */
const maxSourceBytes = 2 ** 30;

const utf8 = new TextEncoder();
const directives = '$ORIGIN, $TTL, $INCLUDE or $GENERATE';

/** Reads texts, the directives in them, and the texts that they include. */
export class MasterFileReader {
  /** Every text that was opened, in order. */
  readonly sources: SourceText[] = [];
  readonly #reader: RecordReader;
  readonly #include: IncludeText | undefined;
  /** Files that are being read, the outermost first. */
  readonly #open: string[] = [];
  #generated = 0;
  #generatedCharacters = 0;
  #sourceBytes = 0;

  constructor(reader: RecordReader, include: IncludeText | undefined) {
    this.#reader = reader;
    this.#include = include;
  }

  /** Reads a text and everything that it includes. */
  read(file: string, text: string): void {
    const { log } = this.#reader;
    const source = this.sources.length;
    const opened = new SourceText(file, text);
    this.sources.push(opened);
    this.#sourceBytes += opened.bytes.length;
    if (this.#sourceBytes > maxSourceBytes) {
      log.error(
        { source, offset: 0 },
        `the zone's files are too large: expected at most ${maxSourceBytes} octets in all`,
      );
      return;
    }
    const zeroAt = opened.bytes.indexOf(0);
    if (zeroAt >= 0) {
      log.error({ source, offset: zeroAt }, 'the file has a zero octet: expected plain text');
      return;
    }
    const hasMark = opened.bytes[0] === 0xef && opened.bytes[1] === 0xbb && opened.bytes[2] === 0xbf;
    if (hasMark) log.error({ source, offset: 0 }, 'the file begins with a byte order mark: expected none');
    if (source === 0) this.#reader.expect(opened.estimateLines(), opened.bytes.length);
    const report = (offset: number, message: string): void => log.error({ source, offset }, message);
    const entry = { tokens: new EntryScanner(opened.bytes, report, hasMark ? 3 : 0), source };
    this.#open.push(file);
    while (entry.tokens.next()) {
      if (isDirective(entry.tokens)) this.#readDirective(entry);
      else this.#reader.readRecord(entry);
    }
    this.#open.pop();
  }

  #readDirective(entry: EntrySource): void {
    const written = entry.tokens.text(0);
    switch (written.toUpperCase()) {
      case '$ORIGIN':
        if (this.#hasArguments(entry, 1, 1, 'a name')) {
          this.#reader.owners.origin = this.#reader.readName(entry, 1) ?? this.#reader.owners.origin;
        }
        break;
      case '$TTL':
        if (this.#hasArguments(entry, 1, 1, 'a time such as 300 or 5m')) {
          this.#reader.defaultTtlSeconds = this.#reader.readTtl(entry, 1) ?? this.#reader.defaultTtlSeconds;
        }
        break;
      case '$INCLUDE':
        if (this.#hasArguments(entry, 1, 2, 'a file')) this.#readInclude(entry);
        break;
      case '$GENERATE':
        this.#readGenerate(entry);
        break;
      default:
        this.#reader.log.error(placeOf(entry, 0), `"${written}" is not known: expected ${directives}`);
    }
  }

  /** Whether the directive has its arguments; reports one that is missing, and the first that is too many. */
  #hasArguments(entry: EntrySource, least: number, most: number, expected: string): boolean {
    const { tokens } = entry;
    const { log } = this.#reader;
    const directive = tokens.text(0).toUpperCase();
    if (tokens.count <= least) {
      log.error(placeOf(entry, tokens.count - 1), `${directive} has no value: expected ${expected}`);
      return false;
    }
    if (tokens.count > most + 1) {
      log.error(placeOf(entry, most + 1), `"${tokens.text(most + 1)}" is more than ${directive} takes`);
    }
    return true;
  }

  #readInclude(entry: EntrySource): void {
    const reader = this.#reader;
    const refused = (message: string): void => reader.log.error(placeOf(entry, 1), message);
    const origin = entry.tokens.count > 2 ? reader.readName(entry, 2) : reader.owners.origin;
    if (origin === undefined) return;
    const name = entry.tokens.text(1);
    if (this.#include === undefined) {
      refused('$INCLUDE has no meaning here: expected a zone in one file');
      return;
    }
    if (this.#open.length >= maxIncludeDepth) {
      refused(`"${name}" is included at depth ${this.#open.length}: expected at most ${maxIncludeDepth - 1}`);
      return;
    }
    if (this.sources.length >= maxSources) {
      refused(`"${name}" is one file too many: expected at most ${maxSources} for a zone`);
      return;
    }
    const included = this.#include(name, this.#open.at(-1) ?? '');
    if (!included.ok) {
      refused(`"${name}" cannot be included: ${included.fault}`);
      return;
    }
    if (this.#open.includes(included.value.file)) {
      refused(`"${name}" includes itself: expected a file that is not being read`);
      return;
    }
    const { owner, isOwnerBroken } = reader;
    const outerOrigin = reader.owners.origin;
    reader.owners.origin = origin;
    this.read(included.value.file, included.value.text);
    reader.owners.origin = outerOrigin;
    reader.owner = owner;
    reader.isOwnerBroken = isOwnerBroken;
  }

  /** `$GENERATE range owner [TTL] [class] type data`, the data of several words in one quoted string. */
  #readGenerate(entry: EntrySource): void {
    const { tokens } = entry;
    const { log } = this.#reader;
    if (!this.#hasArguments(entry, 4, tokens.count, 'a range, an owner, a type and data')) return;
    const type = this.#reader.readHead(entry, 3);
    if (type < 0) return;
    // LUA is two words: itself and the type that its code gives.
    const data = type + (parseType(tokens.text(type)) === recordType.LUA ? 2 : 1);
    if (tokens.count <= data) {
      log.error(placeOf(entry, tokens.count - 1), '$GENERATE has no data: expected it after the type');
      return;
    }
    if (tokens.count > data + 1) {
      const expected = 'expected data of several words in one quoted string';
      log.error(placeOf(entry, data + 1), `"${tokens.text(data + 1)}" is more than $GENERATE takes: ${expected}`);
      return;
    }
    const range = parseRange(tokens.text(1));
    const owner = parseTemplate(tokens.text(2));
    const code = data > type + 1 ? `${tokens.text(type + 1)} "${tokens.text(data)}"` : tokens.text(data);
    const text = parseTemplate(code);
    if (!range.ok) log.error(placeOf(entry, 1), range.fault);
    if (!owner.ok) log.error(placeOf(entry, 2), owner.fault);
    if (!text.ok) log.error(placeOf(entry, data), text.fault);
    if (range.ok && owner.ok && text.ok) this.#generate(entry, data, range.value, owner.value, text.value);
  }

  /** Reads a record for each number up to the first that is wrong: the others are likely to be wrong alike. */
  #generate(entry: EntrySource, dataToken: number, range: GenerateRange, owner: Template, data: Template): void {
    const { log } = this.#reader;
    const before = log.errorCount;
    for (let counter = range.start; counter <= range.stop && log.errorCount === before; counter += range.step) {
      if (++this.#generated > maxGeneratedInAll) {
        const message = `$GENERATE makes more than ${maxGeneratedInAll} records in this zone: expected fewer`;
        log.error(placeOf(entry, 0), message);
        return;
      }
      this.#generateOne(entry, dataToken, expandTemplate(owner, counter), expandTemplate(data, counter));
    }
  }

  #generateOne(entry: EntrySource, dataToken: number, owner: string | undefined, data: string | undefined): void {
    const reader = this.#reader;
    if (owner === undefined || data === undefined) {
      const message = 'a field becomes negative or too large: expected 0 to 2147483647';
      reader.log.error(placeOf(entry, owner === undefined ? 2 : dataToken), message);
      return;
    }
    this.#generatedCharacters += owner.length + data.length;
    if (this.#generatedCharacters > maxGeneratedCharacters) {
      const message = `$GENERATE makes more than ${maxGeneratedCharacters} characters in this zone: expected fewer`;
      reader.log.error(placeOf(entry, 0), message);
      return;
    }
    const ownerId = reader.readOwner(this.#scan(entry, 2, owner, true), 0);
    if (ownerId !== none) reader.readData(this.#scan(entry, dataToken, data, false), 0, ownerId);
  }

  /** Scans generated text as one entry, or takes it as one token; problems in it stand at the token that it is from. */
  #scan(entry: EntrySource, token: number, text: string, isOneToken: boolean): EntrySource {
    const { source } = entry;
    const { offset } = placeOf(entry, token);
    const report = (_: number, message: string): void => this.#reader.log.error({ source, offset }, message);
    const tokens = new EntryScanner(utf8.encode(text), report);
    if (isOneToken) tokens.takeWhole();
    else tokens.next();
    return { tokens, source, anchor: offset };
  }
}

function isDirective(tokens: EntryScanner): boolean {
  const dollar = 0x24;
  return !tokens.hasBlankOwner && tokens.bytes[tokens.starts[0] ?? 0] === dollar && !tokens.isQuoted(0);
}
