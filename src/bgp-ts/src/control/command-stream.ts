/**
 * Commands out of the octets of a connection, one a line. A health check says the same few lines over and over: what they
 * meant is remembered by their octets, so that they cost neither a text nor a parse. Pure.
 */
import type { Result } from '../result.ts';
import type { Command } from './command.ts';
import { parseCommand } from './command.ts';

const lineFeed = 0x0a;

/** So much without an end is no command. */
export const maxLineBytes = 65_536;

/** So many lines of routes are remembered, and none that is longer. */
const maxKnownLines = 128;
const maxKnownBytes = 256;

/** A line without its line feed, where it was read. */
interface Line {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Equal for equal octets; others seldom have it. */
  readonly hash: number;
}

interface KnownLine {
  readonly bytes: Uint8Array;
  readonly command: Result<Command, string>;
}

/** Reads lines, and remembers what the last ones of routes meant. */
export class CommandReader {
  /** By hash. */
  readonly #known = new Map<number, KnownLine>();

  /** As `parseCommand`. Equal lines may give one command. */
  read(line: Line): Result<Command, string> | undefined {
    const known = this.#known.get(line.hash);
    if (known !== undefined && isEqual(known.bytes, line)) return known.command;
    const { bytes, start, end, hash } = line;
    const command = parseCommand(bytes.toString('utf8', start, end));
    if (command?.ok === true && isRoute(command.value) && end - start <= maxKnownBytes) {
      if (this.#known.size === maxKnownLines) this.#known.clear();
      this.#known.set(hash, { bytes: Uint8Array.from(bytes.subarray(start, end)), command });
    }
    return command;
  }
}

function isEqual(known: Uint8Array, { bytes, start, end }: Line): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}

function isRoute({ kind }: Command): boolean {
  return kind === 'announce' || kind === 'withdraw';
}

/** The commands of one connection. */
export class CommandStream {
  readonly #reader: CommandReader;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the next line starts. */
  #start = 0;

  /** Connections may share a reader: what one says, another may say again. */
  constructor(reader: CommandReader) {
    this.#reader = reader;
  }

  /** Takes what was read. Returns false when it ends with more than 65,536 octets of one line: it is no command. */
  push(bytes: Buffer): boolean {
    const isEmpty = this.#start === this.#bytes.length;
    this.#bytes = isEmpty ? bytes : Buffer.concat([this.#bytes.subarray(this.#start), bytes]);
    this.#start = 0;
    const { length } = this.#bytes;
    return length <= maxLineBytes || length - this.#bytes.lastIndexOf(lineFeed) - 1 <= maxLineBytes;
  }

  /** The next command, or what is wrong with its line; undefined when no whole line is left. */
  next(): Result<Command, string> | undefined {
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      const command = this.#reader.read(line);
      if (command !== undefined) return command;
    }
    return undefined;
  }

  #nextLine(): Line | undefined {
    const bytes = this.#bytes;
    const start = this.#start;
    let end = start;
    let hash = 0;
    for (; end < bytes.length; end++) {
      const byte = bytes[end] ?? lineFeed;
      if (byte === lineFeed) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (end === bytes.length) return undefined;
    this.#start = end + 1;
    return { bytes, start, end, hash };
  }
}
