/**
 * Reads one HTTP/1.1 response from the octets of a connection (RFC 9112): status, the headers that a check needs, and as
 * much of the body as is wanted. Pure, bounded, and quick: a response in one piece is read without a copy.
 *
 * Interim responses (1xx) are passed over. Trailers are skipped. Content codings are not decoded, since none is asked for.
 */

/** Why a response cannot be read. */
export type ResponseFault = 'not HTTP' | 'head too long' | 'bad chunk' | 'bad length';

const maxHeadBytes = 32_768;
const maxChunkLineBytes = 1024;

type Phase = 'head' | 'length' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'trailer' | 'untilClose' | 'done';

export class ResponseReader {
  /** 0 until the head is in. */
  status = 0;
  /** Whether anything has come at all. */
  hasBegun = false;
  location: string | undefined;
  fault: ResponseFault | undefined;
  /** Octets of the body so far, kept or not. */
  bodyBytes = 0;
  readonly #hasBody: boolean;
  readonly #keptBytes: number;
  #phase: Phase = 'head';
  /** What came of a head or a chunk's line that is not whole yet. */
  #pending: Buffer | undefined;
  #left = 0;
  #mayPersist = false;
  #body: Buffer[] | undefined;
  #bodyKept = 0;

  /** `hasBody` is false for the answer to HEAD; of a body `keptBytes` octets are kept. */
  constructor(hasBody: boolean, keptBytes: number) {
    this.#hasBody = hasBody;
    this.#keptBytes = keptBytes;
  }

  /** Whether the head is in. */
  get hasHead(): boolean {
    return this.status > 0;
  }

  /** Whether the response is in, whole. */
  get isDone(): boolean {
    return this.#phase === 'done';
  }

  /** Whether another request may follow on the connection. */
  get mayPersist(): boolean {
    return this.isDone && this.#mayPersist;
  }

  /** Whether all of the body that is kept is in. */
  get hasKeptBody(): boolean {
    return this.hasHead && (this.isDone || this.#bodyKept >= this.#keptBytes);
  }

  /** The body so far, up to the octets that are kept. */
  body(): Buffer {
    return Buffer.concat(this.#body ?? []);
  }

  /** Takes octets in; keeps nothing of `bytes`. Octets after the end are left alone, and the connection with them. */
  push(bytes: Buffer): void {
    this.hasBegun = true;
    let at = 0;
    while (at < bytes.length && this.fault === undefined) {
      if (this.#phase === 'done') {
        this.#mayPersist = false;
        return;
      }
      at = this.#take(bytes, at);
    }
  }

  /** The connection ended: the end of a body without a length. */
  end(): void {
    if (this.#phase === 'untilClose') this.#phase = 'done';
  }

  #take(bytes: Buffer, at: number): number {
    switch (this.#phase) {
      case 'head':
        return this.#takeUntil(bytes, at, '\r\n\r\n', maxHeadBytes);
      case 'chunkSize':
      case 'chunkEnd':
      case 'trailer':
        return this.#takeUntil(bytes, at, '\r\n', maxChunkLineBytes);
      case 'length':
      case 'chunk':
      case 'untilClose':
        return this.#takeBody(bytes, at);
      case 'done':
        return bytes.length;
    }
  }

  /** Collects up to and with `mark`, then reads what was collected. */
  #takeUntil(bytes: Buffer, at: number, mark: string, limit: number): number {
    const before = this.#pending;
    const joined = before === undefined ? bytes : Buffer.concat([before, bytes.subarray(at)]);
    const start = before === undefined ? at : 0;
    const found = joined.indexOf(mark, start, 'latin1');
    const length = (found < 0 ? joined.length : found) - start;
    if (length > limit) {
      this.fault = this.#phase === 'head' ? 'head too long' : 'bad chunk';
      return bytes.length;
    }
    if (found < 0) {
      // What cannot become a status line is told at once, rather than waited for.
      if (this.#phase === 'head' && !couldBeHttp(joined, start)) this.fault = 'not HTTP';
      this.#pending = Buffer.from(joined.subarray(start));
      return bytes.length;
    }
    this.#pending = undefined;
    const text = joined.toString('latin1', start, found);
    if (this.#phase === 'head') this.#readHead(text);
    else this.#readChunkLine(text);
    return found + mark.length - (before === undefined ? 0 : before.length - at);
  }

  #takeBody(bytes: Buffer, at: number): number {
    const isBounded = this.#phase !== 'untilClose';
    const end = isBounded ? Math.min(bytes.length, at + this.#left) : bytes.length;
    const kept = Math.min(end - at, this.#keptBytes - this.#bodyKept);
    if (kept > 0) {
      this.#body ??= [];
      this.#body.push(Buffer.from(bytes.subarray(at, at + kept)));
      this.#bodyKept += kept;
    }
    this.bodyBytes += end - at;
    if (isBounded) {
      this.#left -= end - at;
      if (this.#left === 0) this.#phase = this.#phase === 'length' ? 'done' : 'chunkEnd';
    }
    return end;
  }

  #readHead(text: string): void {
    const status = statusOf(text);
    if (status === 0) {
      this.fault = 'not HTTP';
      return;
    }
    // 101 would end HTTP on the connection, which no check asks for.
    if (status < 200 && status !== 101) return;
    this.status = status;
    let persist = text.startsWith('HTTP/1.1');
    let length: number | undefined;
    let isChunked = false;
    for (let at = text.indexOf('\r\n'); at >= 0; at = text.indexOf('\r\n', at + 2)) {
      // Only headers that begin with C, L or T matter, and most do not.
      const first = text.charCodeAt(at + 2) | 0x20;
      if (first !== 0x63 && first !== 0x6c && first !== 0x74) continue;
      const end = text.indexOf('\r\n', at + 2);
      const [name, value] = splitHeader(text.slice(at + 2, end < 0 ? undefined : end));
      if (name === 'content-length') length = length ?? lengthOf(value);
      else if (name === 'transfer-encoding') isChunked = /chunked\s*$/i.test(value);
      else if (name === 'location') this.location = value;
      else if (name === 'connection') persist = /keep-alive/i.test(value) || (persist && !/close/i.test(value));
    }
    if (length !== undefined && length < 0) {
      this.fault = 'bad length';
      return;
    }
    this.#mayPersist = persist;
    this.#enterBody(isChunked, length);
  }

  /** How the body ends (RFC 9112 §6.3). */
  #enterBody(isChunked: boolean, length: number | undefined): void {
    if (!this.#hasBody || this.status === 204 || this.status === 304) this.#phase = 'done';
    else if (isChunked) this.#phase = 'chunkSize';
    else if (length === undefined) {
      this.#phase = 'untilClose';
      this.#mayPersist = false;
    } else if (length === 0) this.#phase = 'done';
    else {
      this.#phase = 'length';
      this.#left = length;
    }
  }

  #readChunkLine(text: string): void {
    if (this.#phase === 'trailer') {
      if (text === '') this.#phase = 'done';
    } else if (this.#phase === 'chunkEnd') {
      if (text === '') this.#phase = 'chunkSize';
      else this.fault = 'bad chunk';
    } else {
      const digits = /^[0-9a-f]{1,12}(?=$|[\t ;])/i.exec(text)?.[0];
      if (digits === undefined) {
        this.fault = 'bad chunk';
        return;
      }
      this.#left = Number.parseInt(digits, 16);
      this.#phase = this.#left === 0 ? 'trailer' : 'chunk';
    }
  }
}

/** The status of a status line such as `HTTP/1.1 200 OK`; 0 where it is none. */
function statusOf(head: string): number {
  if (!head.startsWith('HTTP/1.') || head.charCodeAt(8) !== 0x20) return 0;
  const status = Number(head.slice(9, 12));
  const next = head.charCodeAt(12);
  const isEnded = Number.isNaN(next) || next === 0x20 || next === 0x0d;
  return Number.isInteger(status) && status >= 100 && status <= 999 && isEnded ? status : 0;
}

function couldBeHttp(bytes: Buffer, start: number): boolean {
  const wanted = 'HTTP/1.';
  const length = Math.min(wanted.length, bytes.length - start);
  return bytes.toString('latin1', start, start + length) === wanted.slice(0, length);
}

function splitHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0 ? ['', ''] : [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** A content length; −1 where it is none. */
function lengthOf(value: string): number {
  return /^\d{1,15}$/.test(value) ? Number(value) : -1;
}
