import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { encodeQuery } from '../wire/message.ts';
import { Query } from '../wire/query.ts';
import type { DynamicAnswer } from '../zone/dynamic.ts';
import { name } from '../zone/read-zone.fixture.ts';
import { createAnswerer } from './answerer.ts';
import type { Answerer } from './answerer.ts';
import { PlainAnswers } from './plain-answer.ts';
import { compilerOf, generationOf, queryFor, udp } from './serving.fixture.ts';

const many = Array.from({ length: 40 }, (_, index) => `many 300 A 192.0.2.${index}`).join('\n');
/** Addresses 192.0.2.1 and on; what else the answer says is added. */
function gives(count: number, more: Partial<DynamicAnswer & { kind: 'records' }> = {}): () => DynamicAnswer {
  const rdata = Array.from({ length: count }, (_, index) => Uint8Array.of(192, 0, 2, index + 1));
  return () => ({ kind: 'records', rdata, changePending: false, scopeBits: 0, ...more });
}

const compile = compilerOf({
  one: gives(1),
  three: gives(3),
  double: gives(2, { rdata: [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 1)] }),
  none: gives(0),
  much: gives(80),
  pending: gives(1, { changePending: true }),
  frozen: gives(1, { note: 'frozen' }),
  failing: () => ({ kind: 'failure', reason: 'told to fail' }),
  // Whom a program sees is part of its answer.
  subject: ({ address, addressBits, resolver, isTcp, dnssecOk, ednsUdpBytes, name: bytes, nameAt, query }) => {
    const seen = [addressBits, Number(isTcp), Number(dnssecOk), ednsUdpBytes >> 8, ednsUdpBytes & 0xff, nameAt];
    const name = bytes.subarray(nameAt, nameAt + 8);
    const rdata = [...address, ...resolver, ...seen, ...name, ...query.subarray(0, 4)];
    return { kind: 'records', rdata: [Uint8Array.from(rdata)], changePending: false, scopeBits: 0 };
  },
});
const generation = generationOf(
  `
$TTL 300
@         SOA ns1 admin 7 3600 600 86400 60
@         NS ns1
@         MX 10 mail
@         TXT "apex"
ns1       A 192.0.2.53
www       A 192.0.2.1
www       A 192.0.2.2
www       AAAA 2001:db8::1
web       CNAME www
a.b.c     TXT "below an empty name"
*.wild    A 192.0.2.3
cut       NS ns.cut
ns.cut    A 192.0.2.4
www.cut   A 192.0.2.5
tree      DNAME c
x.tree    A 192.0.2.6
up        LUA A "one"
all       LUA A "three"
all       LUA AAAA "none"
same      LUA A "double"
down      LUA A "none"
much      LUA A "much"
soon      LUA A "pending"
still     LUA A "frozen"
bad       LUA A "failing"
mixed     LUA A "one"
mixed     LUA A "three"
mixed     A 192.0.2.77
self      LUA TXT "subject"
svc       HTTPS 1 . alpn=h2
signed    DS 12345 13 2 ${'00'.repeat(32)}
${many}
`,
  { compile },
);
const plain = createAnswerer(generation);
/** A limiter that lets everything pass keeps an answerer from plain answers. */
const general = createAnswerer(generation, { limiter: { judge: () => 'send' } });

const labels = [
  'www',
  'WwW',
  'web',
  'a',
  'b',
  'c',
  'wild',
  'cut',
  'ns',
  'tree',
  ...['up', 'all', 'same', 'down', 'much', 'soon', 'still', 'bad', 'mixed', 'self'],
  'svc',
  'signed',
  'many',
  'x',
  '*',
];
const owners = fc
  .tuple(
    fc.array(fc.constantFrom(...labels), { maxLength: 3 }),
    fc.constantFrom('example.com.', 'EXAMPLE.com.', 'org.'),
  )
  .map(([above, apex]) => name([...above, apex].join('.')));
const types = fc.oneof(
  fc.constantFrom(1, 16, 28),
  fc.constantFrom(1, 2, 5, 6, 15, 16, 28, 33, 41, 43, 46, 47, 65, 127, 128, 250, 252, 255, 257, 65_280),
);
const ednsForms = fc.option(
  fc.record({
    udpBytes: fc.constantFrom(0, 512, 1232, 4096),
    dnssecOk: fc.boolean(),
    options: fc.constantFrom(
      new Uint8Array(0),
      new Uint8Array(0),
      Uint8Array.of(0, 3, 0, 0),
      Uint8Array.of(255, 0, 0, 1, 7),
    ),
  }),
  { nil: undefined },
);
const flagBytes = fc.oneof(fc.constant(0), fc.constantFrom(0, 1, 0x10, 0x20, 0x78, 0x80, 0xff));

function replyOf(answerer: Answerer, query: Uint8Array): string {
  const out = new Uint8Array(1232);
  const length = answerer.answer(query, query.length, udp, out);
  return Buffer.from(out.subarray(0, length)).toString('hex');
}

test('a plain answer has the octets that the resolver gives, whatever is asked', () => {
  const probe = new PlainAnswers(generation);
  const query = new Query();
  let plainAnswers = 0;
  fc.assert(
    fc.property(owners, types, ednsForms, flagBytes, flagBytes, (owner, type, edns, high, low) => {
      const bytes = encodeQuery(7, { name: owner, type }, edns);
      bytes[2] = high & 0x7f;
      bytes[3] = low;
      assert.equal(replyOf(plain, bytes), replyOf(general, bytes));
      const isReadable = query.read(bytes, bytes.length) === 'ok';
      if (isReadable && probe.answer(query, bytes, udp.address, new Uint8Array(1232)) > 0) plainAnswers++;
    }),
    { numRuns: 6000 },
  );
  assert.ok(plainAnswers > 200, `${plainAnswers} of 6000 answers were plain`);
});

test('an RRset, what a program gives and a denial are plain; an alias, a wildcard, a cut, a failing program and what does not fit are not', () => {
  const isPlain = (question: string, options?: string): boolean => {
    const bytes = queryFor(question, options);
    const query = new Query();
    query.read(bytes, bytes.length);
    return new PlainAnswers(generation).answer(query, bytes, udp.address, new Uint8Array(1232)) > 0;
  };
  const yes = [
    'www.example.com. A',
    'WWW.example.com. AAAA',
    'no.example.com. A',
    'a.b.c.example.com. TXT',
    'all.example.com. A',
  ];
  const no = ['web.example.com. A', 'x.wild.example.com. A', 'www.cut.example.com. A', 'bad.example.com. A'];
  const neither = ['many.example.com. A', 'y.tree.example.com. A', 'www.example.com. MX', 'www.example.org. A'];
  assert.deepEqual(
    yes.map((question) => isPlain(question)),
    [true, true, true, true, true],
  );
  assert.deepEqual(
    [...no, ...neither].map((question) => isPlain(question)),
    Array<boolean>(8).fill(false),
  );
  assert.deepEqual([isPlain('many.example.com. A', ''), isPlain('www.example.com. A', '00030000')], [true, false]);
});

test('a program that fails is told of once', () => {
  const reasons: string[] = [];
  const failing = generationOf('@ SOA ns admin 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nbad LUA A "failing"', {
    compile,
    onFailure: (_source, reason) => reasons.push(reason),
  });
  assert.match(replyOf(createAnswerer(failing), queryFor('bad.example.com. A')), /^002a8002/);
  assert.deepEqual(reasons, ['told to fail']);
});

test('plain answers are counted like others', () => {
  for (const answerer of [
    createAnswerer(generation),
    createAnswerer(generation, { limiter: { judge: () => 'send' } }),
  ]) {
    for (const question of ['www.example.com. A', 'no.example.com. A']) {
      for (const options of [undefined, '']) replyOf(answerer, queryFor(question, options));
    }
    assert.deepEqual(answerer.counters.udp.read(), { queries: 4, edns: 2, NOERROR: 2, NXDOMAIN: 2 });
  }
});
