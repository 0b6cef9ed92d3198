/**
 * Plays whole BGP messages of ExaBGP (exabgp-vector.ts). A unicast UPDATE must mean what is stated, and again after it was
 * written anew; of every other message nothing may get lost on the way in and out. Orders of attributes do not matter:
 * ExaBGP writes MP_REACH_NLRI last, RFC 7606 §5.1 wants it first.
 */
import { isDeepStrictEqual } from 'node:util';
import { decodeMessage, encodeNotification, encodeOpen, encodeRouteRefresh, encodeUpdate, Framer } from 'bgp-ts';
import type { AttributeFault, DecodeContext, DecodedUpdate, Message, RouteRefreshMessage } from 'bgp-ts';
import { announcedLines, attributesOf, unicastFamilies, withdrawnLines } from './exabgp-meaning.ts';
import type { ExabgpVector, Meaning, StatedRoute } from './exabgp-vector.ts';
import { readVector } from './exabgp-vector.ts';
import type { PlayedFile } from './vector-command.ts';

/** Plays every line of a file that is not blank. */
export function playExabgp(file: string, text: string): PlayedFile {
  const failures: string[] = [];
  let passed = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${index + 1}`;
    const vector = readVector(line);
    if (!vector.ok) {
      failures.push(`${where}: malformed: ${vector.fault}`);
      continue;
    }
    const lines = judge(vector.value);
    const { command, bytes } = vector.value;
    if (lines.length === 0) passed++;
    else failures.push([`${where}: ${command ?? ''} ${Buffer.from(bytes).toString('hex')}`, ...lines].join('\n'));
  }
  return { passed, failures };
}

/** What differs, a line each; empty where nothing does. */
function judge(vector: ExabgpVector): readonly string[] {
  const read = readMessage(vector.bytes, vector);
  if (typeof read === 'string') return [`  ${read}`];
  const { message, context } = read;
  if (message.kind === 'keepalive') return [];
  const written = writeMessage(message, context);
  const again = readMessage(written, vector);
  if (typeof again === 'string') return [`  written anew: ${again}`];
  if (message.kind !== 'update') return sameOctets(message, vector.bytes, written, again.message);
  if (again.message.kind !== 'update') return [`  written anew: a message of kind ${again.message.kind}`];
  const faults = message.faults.filter((fault) => !isExpected(fault)).map((fault) => `  fault: ${fault.reason}`);
  // What has a fault is dropped on purpose, and may have no end.
  const lost = faults.length > 0 ? [] : lostAttributes(vector.bytes, written);
  if (vector.meaning === undefined) return [...faults, ...lost, ...judgeMarker(vector.command, message)];
  const meaning = differences(message, vector.meaning);
  const anew = differences(again.message, vector.meaning).map((line) => `  written anew:${line}`);
  return [...faults, ...meaning, ...(meaning.length > 0 ? [] : anew), ...lost];
}

/**
 * Faults that ExaBGP's own tests mean to have: next hops on loopback, where those tests run, and an attribute 0x99 that
 * says it is well-known.
 */
function isExpected(fault: AttributeFault): boolean {
  return (fault.subcode === 8 && fault.reason.startsWith('NEXT_HOP 127.')) || fault.subcode === 2;
}

interface ReadMessage {
  readonly message: Message;
  readonly context: DecodeContext;
}

/** The message as from a peer in our own AS, so that LOCAL_PREF is not dropped; or the sentence that says why not. */
function readMessage(bytes: Uint8Array, { hasPathIds }: ExabgpVector): ReadMessage | string {
  const framer = new Framer();
  framer.negotiate({ extendedMessages: true });
  const [event, ...others] = framer.push(bytes);
  if (event === undefined || others.length > 0) return 'not one whole message';
  if (event.kind === 'fault') return event.fault.reason;
  const settings = { isExternal: false, extendedNextHop: true, extendedMessages: true } as const;
  const addPath = hasPathIds ? ({ addPath: ['ipv4-unicast', 'ipv6-unicast'] } as const) : {};
  let reason = '';
  // Nothing says how long AS numbers are: with the wrong length the path is malformed.
  for (const fourOctetAs of [true, false]) {
    const context = { ...settings, ...addPath, fourOctetAs };
    const decoded = decodeMessage(event.frame, context);
    if (!decoded.ok) reason ||= decoded.fault.reason;
    else if (!fourOctetAs || !hasBadPath(decoded.value)) return { message: decoded.value, context };
  }
  return reason;
}

function hasBadPath(message: Message): boolean {
  return message.kind === 'update' && message.faults.some((fault) => fault.attributeType === 2);
}

function writeMessage(message: Exclude<Message, { kind: 'keepalive' }>, context: DecodeContext): Uint8Array {
  switch (message.kind) {
    case 'open':
      return encodeOpen(message);
    case 'update':
      return encodeUpdate(message, context.fourOctetAs, 65_535);
    case 'notification':
      return encodeNotification(message);
    case 'routeRefresh':
      return encodeRouteRefresh(message satisfies RouteRefreshMessage);
  }
}

/** An OPEN may spread its capabilities over several parameters; all else has one form only. */
function sameOctets(message: Message, before: Uint8Array, after: Uint8Array, again: Message): readonly string[] {
  const isSame = message.kind === 'open' ? isDeepStrictEqual(message, again) : Buffer.compare(before, after) === 0;
  if (isSame) return [];
  return [`  - expected ${Buffer.from(before).toString('hex')}`, `  + got ${Buffer.from(after).toString('hex')}`];
}

/** Attributes, and the prefixes beside them, that are not the same octets after writing; the length of a length aside. */
function lostAttributes(before: Uint8Array, after: Uint8Array): readonly string[] {
  const [expected, got] = [partsOf(before), partsOf(after)];
  const missing = expected.filter((part) => !got.includes(part));
  const extra = got.filter((part) => !expected.includes(part));
  return [...missing.map((part) => `  - expected ${part}`), ...extra.map((part) => `  + got ${part}`)];
}

function partsOf(message: Uint8Array): readonly string[] {
  const body = Buffer.from(message.subarray(19));
  const withdrawnEnd = 2 + body.readUInt16BE(0);
  const end = withdrawnEnd + 2 + body.readUInt16BE(withdrawnEnd);
  const parts = [`withdrawn ${body.toString('hex', 2, withdrawnEnd)}`, `announced ${body.toString('hex', end)}`];
  for (let at = withdrawnEnd + 2; at < end;) {
    const flags = body[at] ?? 0;
    const lengthBytes = (flags & 0x10) === 0 ? 1 : 2;
    const length = body.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    parts.push(
      `attribute ${body[at + 1] ?? 0} 0x${(flags & 0xe0).toString(16)} ${body.toString('hex', start, start + length)}`,
    );
    at = start + length;
  }
  return parts;
}

const markerFamilies: Readonly<Record<string, number>> = { ipv4: 1, ipv6: 2, unicast: 1, multicast: 2, 'nlri-mpls': 4 };

/** `announce eor AFI SAFI`: an End-of-RIB marker of that family, where the family's number is known here. */
function judgeMarker(
  command: string | undefined,
  { withdrawn, attributes, announced }: DecodedUpdate,
): readonly string[] {
  const [, afi = '', safi = ''] = /^announce eor (\S+) (\S+)$/.exec(command ?? '') ?? [];
  if (afi === '') return [];
  const [first] = attributes;
  const isPlain = attributes.length === 0 && afi === 'ipv4' && safi === 'unicast';
  const isMarked =
    attributes.length === 1 &&
    first?.kind === 'mpUnreach' &&
    (markerFamilies[afi] ?? first.afi) === first.afi &&
    (markerFamilies[safi] ?? first.safi) === first.safi &&
    (first.nlri.kind === 'prefixes' ? first.nlri.prefixes : first.nlri.bytes).length === 0;
  const isMarker = withdrawn.length + announced.length === 0 && (isPlain || isMarked);
  return isMarker ? [] : [`  - expected End-of-RIB for ${afi} ${safi}`, '  + got another message'];
}

function differences(update: DecodedUpdate, meaning: Meaning): readonly string[] {
  const families = Object.values(unicastFamilies);
  const announced = families.flatMap((family) =>
    Object.entries(meaning.announce?.[family] ?? {}).flatMap(([hop, routes]) =>
      routes.map((route) => `${statedLine(family, route)} via ${hop}`),
    ),
  );
  const withdrawn = families.flatMap((family) =>
    (meaning.withdraw?.[family] ?? []).map((route) => statedLine(family, route)),
  );
  return [
    ...lineDifferences('announces', announced, announcedLines(update)),
    ...lineDifferences('withdraws', withdrawn, withdrawnLines(update)),
    ...attributeDifferences(meaning.attribute ?? {}, attributesOf(update), announced.length + withdrawn.length > 0),
  ];
}

function statedLine(family: string, route: StatedRoute): string {
  const path = route['path-information'];
  return `${family} ${route.nlri}${path === undefined ? '' : ` path ${path}`}`;
}

function lineDifferences(what: string, expected: readonly string[], got: readonly string[]): readonly string[] {
  if (isDeepStrictEqual([...expected].sort(), [...got].sort())) return [];
  return [`  - expected that it ${what} ${expected.join(', ') || 'nothing'}`, `  + got ${got.join(', ') || 'nothing'}`];
}

/** Of other families only what both sides have a name for: their own attributes are kept as octets. */
function attributeDifferences(
  stated: Readonly<Record<string, unknown>>,
  got: ReadonlyMap<string, unknown>,
  isUnicast: boolean,
): readonly string[] {
  const all = [...new Set([...Object.keys(stated), ...got.keys()])];
  // The next hop stands beside the prefixes; some messages state it here, too.
  const names = all.filter((name) =>
    isUnicast && name !== 'next-hop' ? true : stated[name] !== undefined && got.has(name),
  );
  return names.flatMap((name) => {
    if (isSameAttribute(stated[name], got.get(name)) || isSameNumber(stated[name], got.get(name))) return [];
    return [`  - expected ${name} ${textOf(stated[name])}`, `  + got ${name} ${textOf(got.get(name))}`];
  });
}

/** Extended communities are compared by their number; by their text where there is no number. */
function isSameAttribute(stated: unknown, got: unknown): boolean {
  if (!Array.isArray(stated) || !Array.isArray(got)) return isDeepStrictEqual(stated, got);
  if (stated.length !== got.length) return false;
  return stated.every((item: unknown, index) => {
    const other: unknown = got[index];
    if (!isRecord(item) || !isRecord(other) || !('string' in item)) return isDeepStrictEqual(item, other);
    return 'value' in item ? String(item['value']) === other['value'] : item['string'] === other['string'];
  });
}

/** A number may stand in hex. */
function isSameNumber(stated: unknown, got: unknown): boolean {
  const isHex = typeof stated === 'string' && /^0x[0-9a-f]+$/i.test(stated);
  return isHex && typeof got === 'number' && Number(stated) === got;
}

function textOf(value: unknown): string {
  return value === undefined ? 'not there' : JSON.stringify(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
