/** Packets for fuzzing: whole queries of every kind, and what becomes of them when octets are damaged. */
import { present } from '#base/assert.ts';
import type { Prng } from '#base/prng.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';

/** Octets of the longest packet that is made. */
export const packetBytes = 4096;

const names = [
  ...['example.', 'www.example.', 'WWW.eXample.', 'nowhere.example.', 'a.b.w.example.', '*.w.example.', 'ent.example.'],
  ...['web.example.', 'chain.example.', 'loop.example.', 'x.old.example.', 'old.example.', 'x.sub.example.'],
  ...['sub.example.', 'big.example.', 'many.example.', 'health.example.', 'where.example.', 'fail.example.'],
  ...['.', 'org.', 'id.server.', 'version.bind.', '\\000\\255.example.', `${'l'.repeat(63)}.example.`],
  `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(53)}.example.`,
];
/** A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, OPT, DS, TKEY, TSIG, IXFR, AXFR, ANY, and ones without meaning. */
const types = [1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 43, 249, 250, 251, 252, 255, 0, 65280, 65535];

/** EDNS options: none, NSID, client subnets, cookies, keepalive, padding, an unknown one. */
const options: readonly (readonly number[])[] = [
  [],
  [0, 3, 0, 0],
  [0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100],
  [0, 8, 0, 11, 0, 2, 56, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0],
  [0, 8, 0, 4, 0, 1, 0, 0],
  [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
  [0, 10, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8],
  [0, 11, 0, 0],
  [0, 12, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 0xe9, 0, 2, 1, 2],
  [0, 3, 0, 0, 0, 10, 0, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 8, 0, 5, 0, 1, 8, 0, 10],
];

/** Every name and type, plain and with EDNS of several kinds, beside other opcodes, classes and counts. */
export function seedPackets(): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  let next = 0;
  for (const text of names) {
    const parsed = parseName(text);
    const name = present(parsed.ok ? parsed.value : undefined, `the name ${text}`);
    for (const type of types) {
      packets.push(encodeQuery(next++, { name, type }));
      const data = Uint8Array.from(options[next % options.length] ?? []);
      const udpBytes = [0, 512, 1232, 4096, 65_535][next % 5] ?? 0;
      packets.push(encodeQuery(next++, { name, type }, { udpBytes, dnssecOk: next % 3 === 0, options: data }));
    }
    packets.push(encodeQuery(next++, { name, type: 16, class: 3 }));
    packets.push(encodeQuery(next++, { name, type: 1, class: 254 }));
    for (const opcode of [1, 2, 4, 5, 6, 15]) {
      const packet = encodeQuery(next++, { name, type: 6 }, { udpBytes: 1232 });
      packet[2] = opcode << 3;
      packets.push(packet);
    }
  }
  // No question but a cookie, and a header alone.
  packets.push(
    Uint8Array.of(0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 12, ...(options[5] ?? [])),
  );
  packets.push(new Uint8Array(12));
  return packets;
}

/** Octets that mean something: ends of names, pointers, the largest label, the shortest and longest lengths. */
const tellingOctets = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xc0, 0xff];

/** Copies a seed into `packet`, damages it a few times, and returns its length; `packet` takes `packetBytes` octets. */
export function damagePacket(packet: Uint8Array, seeds: readonly Uint8Array[], prng: Prng): number {
  if (prng.below(64) === 0) return randomPacket(packet, prng);
  const seed = seeds[prng.below(seeds.length)] ?? new Uint8Array(0);
  let length = Math.min(seed.length, packetBytes);
  for (let at = 0; at < length; at++) packet[at] = seed[at] ?? 0;
  // One in four stays whole in most of its parts.
  const times = prng.below(4) === 0 ? prng.below(2) : 1 + prng.below(6);
  for (let time = 0; time < times; time++) length = damageOnce(packet, length, seeds, prng);
  return length;
}

function randomPacket(packet: Uint8Array, prng: Prng): number {
  const length = prng.below(prng.below(8) === 0 ? packetBytes : 80);
  for (let at = 0; at < length; at++) packet[at] = prng.below(256);
  return length;
}

/** One kind of damage at a random place; returns the new length. */
function damageOnce(packet: Uint8Array, length: number, seeds: readonly Uint8Array[], prng: Prng): number {
  if (length === 0) return randomPacket(packet, prng);
  const at = prng.below(length);
  switch (prng.below(10)) {
    case 0:
    case 1:
      packet[at] = (packet[at] ?? 0) ^ (1 << prng.below(8));
      return length;
    case 2:
      packet[at] = tellingOctets[prng.below(tellingOctets.length)] ?? 0;
      return length;
    case 3: {
      // A count of the header, or its flags.
      const field = 2 + 2 * prng.below(5);
      packet[field] = prng.below(8) === 0 ? prng.below(256) : 0;
      packet[field + 1] = prng.below(4);
      return Math.max(length, field + 2);
    }
    case 4:
      return at;
    case 5:
      return insert(packet, length, at, 1 + prng.below(40), prng);
    case 6: {
      // Takes octets out.
      const count = Math.min(length - at, 1 + prng.below(12));
      packet.copyWithin(at, at + count, length);
      return length - count;
    }
    case 7: {
      // Goes on as another packet does.
      const other = seeds[prng.below(seeds.length)] ?? packet;
      const from = prng.below(other.length);
      const count = Math.min(other.length - from, packetBytes - at);
      for (let index = 0; index < count; index++) packet[at + index] = other[from + index] ?? 0;
      return at + count;
    }
    case 8: {
      // A pointer, mostly near.
      packet[at] = 0xc0 | (prng.below(8) === 0 ? prng.below(64) : 0);
      if (at + 1 < length) packet[at + 1] = prng.below(256);
      return length;
    }
    default: {
      // A length of sixteen bits that is a little wrong.
      if (at + 1 >= length) return length;
      const value = (((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0)) + prng.below(5) - 2;
      packet[at] = value >> 8;
      packet[at + 1] = value;
      return length;
    }
  }
}

/** Makes room at `at` and fills it: with one octet over and over, or with anything. */
function insert(packet: Uint8Array, length: number, at: number, count: number, prng: Prng): number {
  const fits = Math.min(count, packetBytes - length);
  packet.copyWithin(at + fits, at, length);
  const octet = prng.below(2) === 0 ? tellingOctets[prng.below(tellingOctets.length)] : undefined;
  for (let index = 0; index < fits; index++) packet[at + index] = octet ?? prng.below(256);
  return length + fits;
}
