/**
 * The little of BGP that the receiver needs, written for it alone: no codec under test is measured by itself. IPv4
 * unicast; 4-octet AS numbers are offered, since every daemon here speaks them.
 */

const headerBytes = 19;
const openType = 1;
const updateType = 2;
const notificationType = 3;
export const keepaliveType = 4;

/** A message as it lies in a buffer: `start` is its header, `end` the byte after it. */
export interface Place {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

function message(type: number, body: readonly number[]): Uint8Array {
  const length = headerBytes + body.length;
  return Uint8Array.from([...new Array<number>(16).fill(0xff), length >> 8, length & 0xff, type, ...body]);
}

export const keepalive = message(keepaliveType, []);

/** An OPEN of this AS (below 65536) with capabilities multiprotocol IPv4 unicast and 4-octet AS. */
export function open(asn: number, holdTimeSeconds: number, identifier: readonly number[]): Uint8Array {
  const capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, asn >> 8, asn & 0xff];
  const parameters = [2, capabilities.length, ...capabilities];
  const fixed = [4, asn >> 8, asn & 0xff, holdTimeSeconds >> 8, holdTimeSeconds & 0xff, ...identifier];
  return message(openType, [...fixed, parameters.length, ...parameters]);
}

/** The whole messages in a buffer, in order; what follows the last one is its beginning of the next. */
export function* messages(bytes: Uint8Array): Generator<Place, undefined> {
  for (let start = 0; start + headerBytes <= bytes.length;) {
    const end = start + uint16(bytes, start + 16);
    if (end < start + headerBytes) throw new Error('a message is shorter than its header');
    if (end > bytes.length) return undefined;
    yield { type: bytes[start + 18] ?? 0, start, end };
    start = end;
  }
  return undefined;
}

/** How many prefixes an UPDATE announces and withdraws; nothing of other messages. */
export function countPrefixes(
  bytes: Uint8Array,
  { type, start, end }: Place,
): { announced: number; withdrawn: number } {
  if (type !== updateType) return { announced: 0, withdrawn: 0 };
  const withdrawnFrom = start + headerBytes + 2;
  const withdrawnTo = withdrawnFrom + uint16(bytes, withdrawnFrom - 2);
  const announcedFrom = withdrawnTo + 2 + uint16(bytes, withdrawnTo);
  return { announced: countIn(bytes, announcedFrom, end), withdrawn: countIn(bytes, withdrawnFrom, withdrawnTo) };
}

/** The code and subcode of a NOTIFICATION; undefined for other messages. */
export function notificationOf(bytes: Uint8Array, { type, start }: Place): string | undefined {
  return type === notificationType ? `${bytes[start + 19] ?? 0}/${bytes[start + 20] ?? 0}` : undefined;
}

/** Whether the message is an OPEN. */
export function isOpen({ type }: Place): boolean {
  return type === openType;
}

function countIn(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; count++) at += 1 + Math.ceil((bytes[at] ?? 0) / 8);
  return count;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
