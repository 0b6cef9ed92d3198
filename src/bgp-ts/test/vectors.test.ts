import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { DecodedUpdate, Message, PathAttribute } from '../src/index.ts';
import { decodeMessage, encodeUpdate, findAttribute, Framer } from '../src/index.ts';
import { encodeFrame } from '../src/wire/framer.ts';
import { formatAddress } from '../src/wire/address.ts';
import { toHex } from '../src/wire/bytes.ts';

const folder = new URL('../../../../shared/vectors/bgp/', import.meta.url);
const skip = existsSync(folder) ? false : 'no vectors here: ../shared/vectors/bgp beside the project';

function lines(name: string): readonly string[] {
  return skip === false ? readFileSync(new URL(name, folder), 'utf8').trim().split('\n') : [];
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

interface Announced {
  readonly nlri: string;
}

interface Meaning {
  readonly attribute?: Readonly<Record<string, unknown>>;
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly Announced[]>>>>;
  readonly withdraw?: Readonly<Record<string, readonly Announced[]>>;
}

interface Vector {
  readonly cmd: string | null;
  readonly hex: string;
  readonly json: { readonly neighbor: { readonly message: { readonly update?: Meaning } } } | null;
}

/** The attributes whose stated meaning this library reads, under the names of the vectors. */
const comparers: Readonly<Record<string, (attributes: readonly PathAttribute[]) => unknown>> = {
  origin: (attributes) => findAttribute(attributes, 'origin')?.origin,
  med: (attributes) => findAttribute(attributes, 'med')?.med,
  'local-preference': (attributes) => findAttribute(attributes, 'localPref')?.localPref,
  community: (attributes) =>
    findAttribute(attributes, 'communities')?.communities.map((value) => [value >>> 16, value & 0xffff]),
  'large-community': (attributes) => findAttribute(attributes, 'largeCommunities')?.communities,
  'originator-id': (attributes) => findAttribute(attributes, 'originatorId')?.originatorId,
  'as-path': (attributes) =>
    Object.fromEntries(
      (findAttribute(attributes, 'asPath')?.segments ?? []).map((segment, index) => [
        index,
        { element: `as-${segment.kind}`, value: segment.asns },
      ]),
    ),
};

const families = { 'ipv4 unicast': 1, 'ipv6 unicast': 2 } as const;

function decode(vector: Vector): Message {
  const events = new Framer().push(bytesOfHex(vector.hex));
  assert.equal(events.length, 1);
  const event = events[0];
  assert.ok(event?.kind === 'frame', JSON.stringify(event));
  const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: false });
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.fault.reason);
  return decoded.value;
}

/** What an UPDATE announces in a family: next hop to prefixes. */
function announcedIn(update: DecodedUpdate, afi: number): Readonly<Record<string, readonly string[]>> {
  const reach = findAttribute(update.attributes, 'mpReach');
  if (reach?.afi === afi && reach.safi === 1 && reach.nlri.kind === 'prefixes') {
    return { [formatAddress(reach.nextHop.subarray(0, 16))]: reach.nlri.prefixes };
  }
  const nextHop = findAttribute(update.attributes, 'nextHop')?.nextHop;
  return afi === 1 && nextHop !== undefined && update.announced.length > 0 ? { [nextHop]: update.announced } : {};
}

function withdrawnIn(update: DecodedUpdate, afi: number): readonly string[] {
  const unreach = findAttribute(update.attributes, 'mpUnreach');
  const multiprotocol = unreach?.afi === afi && unreach.nlri.kind === 'prefixes' ? unreach.nlri.prefixes : [];
  return [...(afi === 1 ? update.withdrawn : []), ...multiprotocol];
}

/** Compares all that the vector states and this library reads; returns how many statements those were. */
function compareMeaning(update: DecodedUpdate, meaning: Meaning): number {
  let count = 0;
  for (const [name, stated] of Object.entries(meaning.attribute ?? {})) {
    const read = comparers[name];
    if (read === undefined) continue;
    assert.deepEqual(read(update.attributes), stated, name);
    count++;
  }
  for (const [family, afi] of Object.entries(families)) {
    const stated = meaning.announce?.[family];
    if (stated !== undefined) {
      const prefixes = Object.entries(stated).map(([hop, routes]) => [hop, routes.map((route) => route.nlri)]);
      assert.deepEqual(announcedIn(update, afi), Object.fromEntries(prefixes));
      count++;
    }
    const withdrawn = meaning.withdraw?.[family]?.map((route) => route.nlri);
    if (withdrawn === undefined) continue;
    assert.deepEqual(withdrawnIn(update, afi), withdrawn);
    count++;
  }
  return count;
}

void test(
  'every ExaBGP message decodes, unicast ones to the stated meaning, and again after encoding',
  { skip },
  (context) => {
    let unicastCount = 0;
    const all = lines('exabgp.jsonl');
    for (const line of all) {
      const vector = JSON.parse(line) as Vector;
      const message = decode(vector);
      const meaning = vector.json?.neighbor.message.update;
      if (message.kind !== 'update' || meaning === undefined) continue;
      const where = `${vector.cmd ?? ''} ${vector.hex}`;
      // ExaBGP's own tests run on loopback, a next hop that costs the routes and is read all the same.
      assert.deepEqual(
        message.faults.map((fault) => fault.reason).filter((reason) => !reason.startsWith('NEXT_HOP 127.')),
        [],
        where,
      );
      const isUnicast = Object.keys(families).some(
        (family) => meaning.announce?.[family] !== undefined || meaning.withdraw?.[family] !== undefined,
      );
      if (isUnicast) unicastCount++;
      assert.ok(compareMeaning(message, meaning) > 0 || !isUnicast, where);
      const again = decode({ ...vector, hex: toHex(encodeUpdate(message, true)) });
      assert.ok(again.kind === 'update');
      compareMeaning(again, meaning);
      assert.equal(again.attributes.length, message.attributes.length);
    }
    assert.ok(unicastCount > 50);
    context.diagnostic(`${all.length} messages, ${unicastCount} of them unicast UPDATEs with a stated meaning`);
  },
);

interface Rfc7606Case {
  readonly name: string;
  readonly attrType: number | null;
  readonly flags: number;
  readonly valueHex: string;
  readonly nextHop: string | null;
  readonly outcome: Readonly<Record<string, string>>;
  readonly skip: readonly string[];
}

/** Attribute types that this library reads; others are kept as bytes. */
const readTypes: ReadonlySet<number | null> = new Set([null, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 32]);

const severities: Readonly<Record<string, string>> = { discard: 'attribute-discard', withdraw: 'treat-as-withdraw' };

/** An UPDATE for 198.51.100.0/24 that is right but for the attribute of the case. */
function faultyUpdate(vector: Rfc7606Case): Uint8Array {
  const right: readonly (readonly [number, readonly number[]])[] = [
    [1, [0x40, 1, 1, 0]],
    [2, [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9]],
    [3, [0x40, 3, 4, ...(vector.nextHop ?? '192.0.2.9').split('.').map(Number)]],
    [5, [0x40, 5, 4, 0, 0, 0, 100]],
  ];
  const value = bytesOfHex(vector.valueHex);
  const faulty = vector.attrType === null ? [] : [vector.flags, vector.attrType, value.length, ...value];
  const attributes = [...right.filter(([type]) => type !== vector.attrType).flatMap(([, bytes]) => bytes), ...faulty];
  return encodeFrame(2, Uint8Array.from([0, 0, 0, attributes.length, ...attributes, 24, 198, 51, 100]));
}

function severityOf(bytes: Uint8Array, isExternal: boolean, ownType: number | null): string {
  const event = new Framer().push(bytes)[0];
  assert.ok(event?.kind === 'frame');
  const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal });
  if (!decoded.ok) return 'session-reset';
  assert.ok(decoded.value.kind === 'update');
  // LOCAL_PREF stands in every message and is dropped from another AS: not the fault that the case is about.
  const faults = decoded.value.faults.filter((fault) => fault.attributeType !== 5 || ownType === 5);
  return faults.find((fault) => fault.severity === 'treat-as-withdraw')?.severity ?? faults[0]?.severity ?? 'none';
}

const cases = skip === false ? (JSON.parse(lines('rfc7606.json').join('\n')) as readonly Rfc7606Case[]) : [];
for (const vector of cases.filter((item) => readTypes.has(item.attrType))) {
  void test(`the RFC 7606 case ${vector.name} has the severity that the RFC wants`, () => {
    for (const peer of ['ebgp', 'ibgp'].filter((sort) => !vector.skip.includes(sort))) {
      const wanted = vector.outcome[peer] ?? '';
      const severity = severityOf(faultyUpdate(vector), peer === 'ebgp', vector.attrType);
      assert.equal(severity, severities[wanted] ?? wanted, peer);
    }
  });
}
