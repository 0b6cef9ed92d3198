/** RFC 8906 §3 and §8: nothing that is well formed goes without a reply. The queries are those of its test list. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, decode, exchange, octets, optionsOf, query, serve, tcp, udp } from './serving.ts';
import type { QueryShape } from './serving.ts';

const server = serve(`
example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
${Array.from(
  { length: 16 },
  (_, index) => `example. 300 DNSKEY 256 3 13 ${Buffer.alloc(64, index).toString('base64')}`,
).join('\n')}
`);

interface Expected {
  readonly flags: number;
  readonly answers: number;
  /** Undefined for no OPT record; flags and version of one otherwise. */
  readonly opt?: number;
  readonly rcode?: number;
}

const basic: readonly (readonly [section: string, what: string, question: string, QueryShape, Expected])[] = [
  ['8.1.1', 'the SOA of the zone', 'example. SOA', {}, { flags: 0x8400, answers: 1 }],
  ['8.1.2', 'a type that nobody knows', 'example. TYPE1000', {}, { flags: 0x8400, answers: 0 }],
  ['8.1.3.1', 'CD', 'example. SOA', { flags: 0x0010 }, { flags: 0x8410, answers: 1 }],
  ['8.1.3.2', 'AD', 'example. SOA', { flags: 0x0020 }, { flags: 0x8400, answers: 1 }],
  ['8.1.3.3', 'the reserved bit', 'example. SOA', { flags: 0x0040 }, { flags: 0x8400, answers: 1 }],
  ['8.1.3.4', 'RD', 'example. SOA', { flags: 0x0100 }, { flags: 0x8500, answers: 1 }],
];
const edns: readonly (readonly [section: string, what: string, question: string, QueryShape, Expected])[] = [
  ['8.2.1', 'plain EDNS', 'example. SOA', { edns: {} }, { flags: 0x8400, answers: 1, opt: 0 }],
  [
    '8.2.2',
    'an unknown version',
    'example. SOA',
    { edns: { version: 100 } },
    { flags: 0x8000, answers: 0, opt: 0x0100_0000, rcode: 16 },
  ],
  [
    '8.2.3',
    'an unknown option',
    'example. SOA',
    { edns: { options: '00640000' } },
    { flags: 0x8400, answers: 1, opt: 0 },
  ],
  ['8.2.4', 'an unknown flag', 'example. SOA', { edns: { flags: 0x40 } }, { flags: 0x8400, answers: 1, opt: 0 }],
  [
    '8.2.5',
    'an unknown version and flag',
    'example. SOA',
    { edns: { version: 100, flags: 0x40 } },
    { flags: 0x8000, answers: 0, opt: 0x0100_0000, rcode: 16 },
  ],
  [
    '8.2.6',
    'an unknown version and option',
    'example. SOA',
    { edns: { version: 100, options: '00640000' } },
    { flags: 0x8000, answers: 0, opt: 0x0100_0000, rcode: 16 },
  ],
  [
    '8.2.7',
    'too little room',
    'example. DNSKEY',
    { edns: { udpBytes: 512, flags: 0x8000 } },
    { flags: 0x8600, answers: 0, opt: 0x8000 },
  ],
  ['8.2.8', 'DO', 'example. SOA', { edns: { flags: 0x8000 } }, { flags: 0x8400, answers: 1, opt: 0x8000 }],
  [
    '8.2.9',
    'an unknown version and DO',
    'example. SOA',
    { edns: { version: 1, flags: 0x8000 } },
    { flags: 0x8000, answers: 0, opt: 0x0100_8000, rcode: 16 },
  ],
  [
    '8.2.10',
    'the options that are defined',
    'example. SOA',
    // NSID, a cookie, a client subnet of no bits, EXPIRE.
    { edns: { options: '0003 0000 000a 0008 0102030405060708 0008 0004 0001 00 00 0009 0000' } },
    { flags: 0x8400, answers: 1, opt: 0 },
  ],
];

for (const [section, what, question, shape, expected] of [...basic, ...edns]) {
  test(`RFC 8906 §${section}: ${what} is answered over UDP and TCP`, () => {
    for (const client of [udp, tcp]) {
      // TCP has room enough, so that nothing is truncated there.
      const isTruncated = (expected.flags & 0x0200) !== 0;
      const { flags, answers } = isTruncated && client === tcp ? { flags: 0x8400, answers: 16 } : expected;
      const message = ask(server, question, shape, client);
      assert.equal(message.flags, flags);
      assert.equal(message.rcode, expected.rcode ?? 0);
      assert.equal(message.answers.length, answers);
      assert.equal(message.opt?.ttlSeconds, expected.opt);
    }
  });
}

test('RFC 8906 §8.1.4: an unknown opcode is NOTIMP, header alone, without AA', () => {
  const reply = exchange(server, octets('beef 7800 0000 0000 0000 0000'));
  assert.equal(Buffer.from(reply).toString('hex'), 'beef' + 'f804' + '0000000000000000');
});

test('RFC 8906 §3.1.3: every opcode other than QUERY is NOTIMP', () => {
  for (let opcode = 1; opcode < 16; opcode++) {
    assert.equal(ask(server, 'example. SOA', { flags: opcode << 11 }).rcode, 4, `opcode ${opcode}`);
  }
});

test('RFC 8906 §3.1.1: no type goes without a reply', () => {
  for (let type = 0; type <= 0xffff; type += type < 300 ? 1 : 997) {
    const reply = exchange(server, query(`example. TYPE${type}`));
    assert.ok(reply.length >= 12, `type ${type}`);
    assert.notEqual(decode(reply).rcode, 2, `type ${type}`);
  }
});

test('RFC 8906 §8.2.3, §8.2.10: options that are unknown or not ours to answer are not repeated', () => {
  const options = '0064 0002 abcd 0009 0000 000c 0004 00000000';
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: { options } })), '');
});
