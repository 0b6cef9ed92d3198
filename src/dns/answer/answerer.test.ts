import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { refuse, succeed } from '#base/result.ts';
import { flag, parseType, rcode } from '../wire/constants.ts';
import { decodeMessage, encodeQuery, formatMessage } from '../wire/message.ts';
import type { Message } from '../wire/message.ts';
import { parseName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import type { Client, DynamicAnswer, DynamicCompiler } from '../zone/dynamic.ts';
import { buildImage } from '../zone/image-builder.ts';
import { readZone } from '../zone/read-zone.ts';
import type { ZoneData } from '../zone/zone-data.ts';
import { createAnswerer } from './answerer.ts';
import type { AnswerClient, Answerer, AnswererOptions } from './answerer.ts';
import { createGeneration } from './generation.ts';
import type { Generation } from './generation.ts';

function name(text: string): Name {
  const parsed = parseName(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

const udp: AnswerClient = {
  address: Uint8Array.of(192, 0, 2, 99),
  transport: 'udp',
  unixMs: 1_700_000_000_000,
  idleTimeoutMs: 0,
};
const tcp: AnswerClient = { ...udp, transport: 'tcp' };

/** What dynamic records say, by their code. */
const behaviours = new Map<string, (client: Client) => DynamicAnswer>([
  ['up', () => ({ kind: 'records', rdata: [Uint8Array.of(192, 0, 2, 1)], changePending: false, scopeBits: 0 })],
  ['changing', () => ({ kind: 'records', rdata: [Uint8Array.of(192, 0, 2, 2)], changePending: true, scopeBits: 0 })],
  ['empty', () => ({ kind: 'records', rdata: [], changePending: false, scopeBits: 0 })],
  ['fails', () => ({ kind: 'failure', reason: 'nothing is known yet' })],
  ['alias', () => ({ kind: 'records', rdata: [name('www.example.com.')], changePending: false, scopeBits: 0 })],
  [
    'client',
    ({ address, addressBits }) => ({
      kind: 'records',
      rdata: [address.slice()],
      changePending: false,
      scopeBits: addressBits,
    }),
  ],
]);

const compile: DynamicCompiler = ({ code, type }) => {
  const evaluate = behaviours.get(code);
  return evaluate === undefined ? refuse({ message: 'unknown', offset: 0 }) : succeed({ type, evaluate });
};

function zone(text: string, origin = 'example.com.'): ZoneData {
  const loaded = readZone({ file: 'zone', text, origin: name(origin) }, { compile });
  assert.deepEqual(
    loaded.problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(loaded.zone !== undefined);
  return loaded.zone;
}

function answererOf(zones: readonly ZoneData[], options: AnswererOptions = {}): Answerer {
  return createAnswerer(generationOf(zones), options);
}

function generationOf(zones: readonly ZoneData[], minimumTtlSeconds?: number): Generation {
  const limits = minimumTtlSeconds === undefined ? {} : { minimumTtlSeconds };
  return createGeneration(buildImage(zones), { compile, ...limits });
}

const exampleText = `
$TTL 300
@       SOA ns1 admin 7 3600 600 86400 60
@       NS ns1
@       NS ns.test.
ns1     A 192.0.2.53
www     A 192.0.2.10
www     A 192.0.2.11
www     AAAA 2001:db8::10
web     CNAME WWW
far     CNAME www.test.
lost    CNAME nowhere
loop    CNAME pool
pool    CNAME loop
a.b.ent TXT "deep"
*.wild  A 192.0.2.80
*.wild  TXT "wild"
x.wild  MX 10 www
*.alias CNAME www
sub     NS ns.sub
sub     NS ns1
ns.sub  A 192.0.2.54
down.ns.sub A 192.0.2.55
old     DNAME new.example.com.
x.new   A 192.0.2.90
health  LUA A "up"
change  LUA A "changing"
none    LUA A "empty"
fail    LUA A "fails"
calias  LUA CNAME "alias"
where   LUA A "client"
tofail  CNAME fail
`;

const example = zone(exampleText);
const answerer = answererOf([example]);

function ask(question: string, options: { client?: AnswerClient; from?: Answerer } = {}): Message {
  const [qname = '', qtype = ''] = question.split(' ');
  const query = encodeQuery(42, { name: name(qname), type: parseType(qtype) ?? 0 });
  return exchange(query, options);
}

function exchange(query: Uint8Array, options: { client?: AnswerClient; from?: Answerer } = {}): Message {
  const out = new Uint8Array(65_535);
  const length = (options.from ?? answerer).answer(query, query.length, options.client ?? udp, out);
  const message = decodeMessage(out.subarray(0, length));
  assert.ok(message.ok, 'the reply parses');
  return message.value;
}

const soa = 'authority: example.com. 60 IN SOA ns1.example.com. admin.example.com. 7 3600 600 86400 60';

test('each kind of question gets the sections of RFC 1034 §4.3.2', () => {
  const rows: [question: string, ...lines: string[]][] = [
    ['www.example.com. AAAA', 'NOERROR aa', 'answer: www.example.com. 300 IN AAAA 2001:db8::10'],
    [
      'example.com. NS',
      'NOERROR aa',
      'answer: example.com. 300 IN NS ns1.example.com.',
      'answer: example.com. 300 IN NS ns.test.',
    ],
    ['www.example.com. MX', 'NOERROR aa', soa],
    ['nowhere.example.com. A', 'NXDOMAIN aa', soa],
    ['ent.example.com. A', 'NOERROR aa', soa],
    ['c.b.ent.example.com. TXT', 'NXDOMAIN aa', soa],
    [
      'web.example.com. AAAA',
      'NOERROR aa',
      'answer: web.example.com. 300 IN CNAME WWW.example.com.',
      'answer: WWW.example.com. 300 IN AAAA 2001:db8::10',
    ],
    ['web.example.com. CNAME', 'NOERROR aa', 'answer: web.example.com. 300 IN CNAME WWW.example.com.'],
    ['web.example.com. MX', 'NOERROR aa', 'answer: web.example.com. 300 IN CNAME WWW.example.com.', soa],
    ['far.example.com. A', 'NOERROR aa', 'answer: far.example.com. 300 IN CNAME www.test.'],
    ['lost.example.com. A', 'NXDOMAIN aa', 'answer: lost.example.com. 300 IN CNAME nowhere.example.com.', soa],
    [
      'loop.example.com. A',
      'NOERROR aa',
      'answer: loop.example.com. 300 IN CNAME pool.example.com.',
      'answer: pool.example.com. 300 IN CNAME loop.example.com.',
    ],
    ['any.wild.example.com. A', 'NOERROR aa', 'answer: any.wild.example.com. 300 IN A 192.0.2.80'],
    ['a.b.wild.example.com. TXT', 'NOERROR aa', 'answer: a.b.wild.example.com. 300 IN TXT "wild"'],
    ['any.wild.example.com. MX', 'NOERROR aa', soa],
    ['x.wild.example.com. A', 'NOERROR aa', soa],
    ['y.x.wild.example.com. A', 'NXDOMAIN aa', soa],
    ['*.wild.example.com. A', 'NOERROR aa', 'answer: *.wild.example.com. 300 IN A 192.0.2.80'],
    [
      'q.alias.example.com. AAAA',
      'NOERROR aa',
      'answer: q.alias.example.com. 300 IN CNAME www.example.com.',
      'answer: www.example.com. 300 IN AAAA 2001:db8::10',
    ],
    [
      'x.old.example.com. A',
      'NOERROR aa',
      'answer: old.example.com. 300 IN DNAME new.example.com.',
      'answer: x.old.example.com. 300 IN CNAME x.new.example.com.',
      'answer: x.new.example.com. 300 IN A 192.0.2.90',
    ],
    ['old.example.com. A', 'NOERROR aa', soa],
    ['www.example.com. ANY', 'NOERROR aa', 'answer: www.example.com. 3600 IN HINFO "RFC8482" ""'],
    ['web.example.com. ANY', 'NOERROR aa', 'answer: web.example.com. 300 IN CNAME WWW.example.com.'],
    ['health.example.com. LUA', 'NOERROR aa', soa],
  ];
  for (const [question, ...lines] of rows) assert.equal(formatMessage(ask(question)), lines.join('\n'), question);
});

test('names at and below a cut are referred, with glue and without AA', () => {
  const referral = [
    'NOERROR',
    'authority: sub.example.com. 300 IN NS ns.sub.example.com.',
    'authority: sub.example.com. 300 IN NS ns1.example.com.',
    'additional: ns.sub.example.com. 300 IN A 192.0.2.54',
    'additional: ns1.example.com. 300 IN A 192.0.2.53',
  ].join('\n');
  for (const question of [
    'sub.example.com. A',
    'sub.example.com. NS',
    'x.sub.example.com. A',
    'down.ns.sub.example.com. A',
  ]) {
    assert.equal(formatMessage(ask(question)), referral, question);
  }
  assert.equal(formatMessage(ask('sub.example.com. DS')), `NOERROR aa\n${soa}`);
});

test('of two zones here the closer one answers, and DS is asked of the parent', () => {
  const child = zone('$TTL 5\n@ SOA a.test. b.test. 1 1 1 1 9\n@ NS ns.test.\nwww A 192.0.2.7', 'sub.example.com.');
  const both = answererOf([example, child]);
  assert.equal(
    formatMessage(ask('www.sub.example.com. A', { from: both })),
    'NOERROR aa\nanswer: www.sub.example.com. 5 IN A 192.0.2.7',
  );
  assert.equal(formatMessage(ask('sub.example.com. DS', { from: both })), `NOERROR aa\n${soa}`);
});

test('DS of a zone here is not asked of one further up that delegates what lies between (RFC 4035 §3.1.4.1)', () => {
  const root = zone(
    '. 5 SOA a.test. b.test. 1 1 1 1 9\n. 5 NS ns.test.\ncom. 5 NS ns.test.\nns.test. 5 A 192.0.2.7',
    '.',
  );
  const both = answererOf([root, example]);
  assert.equal(formatMessage(ask('example.com. DS', { from: both })), `NOERROR aa\n${soa}`);
  assert.equal(
    formatMessage(ask('com. DS', { from: both })),
    'NOERROR aa\nauthority: . 5 IN SOA a.test. b.test. 1 1 1 1 9',
  );
});

test('a chain of aliases ends at a bound', () => {
  const links = Array.from({ length: 40 }, (_, index) => `c${index} CNAME c${index + 1}`).join('\n');
  const from = answererOf([zone(`${exampleText}${links}\nc40 A 192.0.2.1`)]);
  const reply = ask('c0.example.com. A', { from, client: tcp });
  assert.equal(reply.answers.length, 17);
  assert.equal(reply.rcode, rcode.noError);
});

test('a DNAME that makes a name too long is YXDOMAIN (RFC 6672 §2.2)', () => {
  const label = 'a'.repeat(60);
  const target = `${label}.${label}.${label}.test.`;
  const from = answererOf([zone(`${exampleText}long DNAME ${target}`)]);
  const reply = ask(`${label}.${label}.long.example.com. A`, { from });
  assert.equal(reply.rcode, rcode.yxDomain);
  assert.equal(reply.answers.length, 1);
});

test('names are matched in any case, and the question comes back as it was asked', () => {
  const reply = ask('wWw.EXAMPLE.com. AAAA');
  assert.equal(formatMessage(reply), 'NOERROR aa\nanswer: wWw.EXAMPLE.com. 300 IN AAAA 2001:db8::10');
  assert.deepEqual(reply.questions[0]?.name, name('wWw.EXAMPLE.com.'));
});

test('records that follow health are answered with a TTL that follows health (R13, R14)', () => {
  const rows: [question: string, ...lines: string[]][] = [
    ['health.example.com. A', 'NOERROR aa', 'answer: health.example.com. 300 IN A 192.0.2.1'],
    ['change.example.com. A', 'NOERROR aa', 'answer: change.example.com. 10 IN A 192.0.2.2'],
    ['none.example.com. A', 'NOERROR aa', soa.replace(' 60 ', ' 10 ')],
    ['health.example.com. AAAA', 'NOERROR aa', soa],
    [
      'calias.example.com. AAAA',
      'NOERROR aa',
      'answer: calias.example.com. 300 IN CNAME www.example.com.',
      'answer: www.example.com. 300 IN AAAA 2001:db8::10',
    ],
    ['fail.example.com. A', 'SERVFAIL'],
    ['tofail.example.com. A', 'SERVFAIL'],
  ];
  for (const [question, ...lines] of rows) assert.equal(formatMessage(ask(question)), lines.join('\n'), question);
});

/** A query with EDNS and the given options. */
function ednsQuery(question: string, options = '', udpBytes = 1232): Uint8Array {
  const [qname = '', qtype = ''] = question.split(' ');
  const encoded = Uint8Array.from(Buffer.from(options.replaceAll(' ', ''), 'hex'));
  return encodeQuery(
    42,
    { name: name(qname), type: parseType(qtype) ?? 0 },
    { udpBytes, dnssecOk: true, options: encoded },
  );
}

/** The octets of the reply's EDNS options. */
function optionsOf(reply: Message): string {
  return Buffer.from(reply.opt?.rdata ?? []).toString('hex');
}

test('EDNS is answered with EDNS: payload, DO, and no unknown option (RFC 6891)', () => {
  const reply = exchange(ednsQuery('www.example.com. A', 'fde9 0002 abcd'));
  assert.equal(reply.opt?.class, 1232);
  assert.equal(reply.opt.ttlSeconds, 0x8000);
  assert.equal(optionsOf(reply), '');
  assert.equal(ask('www.example.com. A').opt, undefined);
});

test('an unknown EDNS version is BADVERS, whatever the options say', () => {
  const query = ednsQuery('www.example.com. A', 'ffff ffff');
  query[query.length - 4 - 5] = 1;
  const reply = exchange(query);
  assert.equal(reply.rcode, rcode.badVers);
  assert.equal((reply.opt?.ttlSeconds ?? -1) >>> 16, 0x0100);
  assert.equal(reply.answers.length, 0);
});

test('the client that a query names is answered, and the scope says whether that mattered (RFC 7871)', () => {
  const subnet = '0008 0007 0001 18 00 c63364';
  const tailored = exchange(ednsQuery('where.example.com. A', subnet));
  assert.equal(formatMessage(tailored), 'NOERROR aa\nanswer: where.example.com. 300 IN A 198.51.100.0');
  assert.equal(optionsOf(tailored), '0008000700011818c63364');
  assert.equal(optionsOf(exchange(ednsQuery('www.example.com. A', subnet))), '0008000700011800c63364');
  const untailored = exchange(ednsQuery('where.example.com. A', '0008 0004 0001 00 00'));
  assert.equal(formatMessage(untailored), 'NOERROR aa\nanswer: where.example.com. 300 IN A 192.0.2.99');
  assert.equal(optionsOf(untailored), '0008000400010000');
  assert.equal(exchange(ednsQuery('where.example.com. A', '0008 0007 0001 17 00 c63365')).rcode, rcode.formErr);
});

test('a failing record says why in an extended error (RFC 8914)', () => {
  const reply = exchange(ednsQuery('tofail.example.com. A'));
  assert.equal(reply.rcode, rcode.servFail);
  const text = Buffer.from('nothing is known yet').toString('hex');
  assert.equal(optionsOf(reply), `000f00160000${text}`);
});

test('what does not fit is left out whole and marked, by the size that the client takes', () => {
  const many = Array.from({ length: 60 }, (_, index) => `many A 192.0.2.${index}`).join('\n');
  const from = answererOf([zone(`${exampleText}${many}`)]);
  const plain = ask('many.example.com. A', { from });
  assert.equal(formatMessage(plain), 'NOERROR aa tc');
  assert.equal(ask('many.example.com. A', { from, client: tcp }).answers.length, 60);
  const large = exchange(ednsQuery('many.example.com. A', '', 1232), { from });
  assert.equal(large.answers.length, 60);
  // 60 records of 16 octets, the question and OPT take 1005: a payload size of 1004 is one too few.
  const sizes = [1005, 1004, 100].map((size) => exchange(ednsQuery('many.example.com. A', '', size), { from }));
  assert.deepEqual(
    sizes.map((reply) => reply.answers.length),
    [60, 0, 0],
  );
  const counts = from.counters.udp.read();
  assert.deepEqual([counts['NOERROR'], counts['truncated']], [5, 3]);
});

test('what is not ours to answer is refused in the way that RFC 8906 expects', () => {
  const refusals: [question: string, line: string][] = [
    ['www.test. A', 'REFUSED'],
    ['. NS', 'REFUSED'],
    ['com. A', 'REFUSED'],
    ['example.com. AXFR', 'REFUSED'],
    ['example.com. IXFR', 'REFUSED'],
    ['example.com. OPT', 'FORMERR'],
    ['example.com. TSIG', 'FORMERR'],
  ];
  for (const [question, line] of refusals) assert.equal(formatMessage(ask(question)), line, question);
  const chaos = encodeQuery(1, { name: name('version.bind.'), type: 16, class: 3 });
  assert.equal(exchange(chaos).rcode, rcode.refused);
});

test('headers that are no plain query are answered by their header alone', () => {
  const query = encodeQuery(0xabcd, { name: name('www.example.com.'), type: 1 });
  const change = (at: number, ...octets: number[]): Uint8Array => {
    const changed = query.slice();
    changed.set(octets, at);
    return changed;
  };
  const rows: [what: string, query: Uint8Array, code: number][] = [
    ['opcode NOTIFY', change(2, 0x20), rcode.notImp],
    ['opcode 15', change(2, 0x78), rcode.notImp],
    ['no question', change(4, 0, 0), rcode.formErr],
    ['two questions (RFC 9619)', change(4, 0, 2), rcode.formErr],
    ['a compressed question', change(12, 0xc0, 0x0c), rcode.formErr],
    ['a name that never ends', query.subarray(0, 20), rcode.formErr],
    ['a record that is not there', change(10, 0, 1), rcode.formErr],
    ['a header alone', query.subarray(0, 12), rcode.formErr],
  ];
  for (const [what, octets, code] of rows) {
    const reply = exchange(octets);
    assert.equal(reply.rcode, code, what);
    assert.equal(reply.id, 0xabcd, what);
    assert.equal(reply.answers.length, 0, what);
  }
  assert.equal((exchange(change(2, 0x01, 0x10)).flags & 0xff7f).toString(16), '8510', 'RD and CD come back');
});

test('octets after the message are ignored and counted', () => {
  const from = answererOf([example]);
  const query = encodeQuery(1, { name: name('x.wild.example.com.'), type: 15 });
  assert.equal(exchange(Uint8Array.of(...query, 0), { from }).answers.length, 1);
  assert.equal(from.counters.udp.read()['fault.trailing'], 1);
});

test('a query for a cookie alone, where none are made, is FORMERR and counted as one without a question', () => {
  const octets = encodeQuery(
    1,
    { name: name('.'), type: 1 },
    { udpBytes: 1232, options: Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8) },
  );
  const withoutQuestion = Uint8Array.of(
    ...octets.subarray(0, 4),
    0,
    0,
    ...octets.subarray(6, 12),
    ...octets.subarray(17),
  );
  const from = answererOf([example]);
  assert.equal(exchange(withoutQuestion, { from }).rcode, rcode.formErr);
  assert.equal(from.counters.udp.read()['fault.questionCount'], 1);
});

test('responses and fragments are dropped and counted', () => {
  const from = answererOf([example]);
  const response = encodeQuery(1, { name: name('www.example.com.'), type: 1 });
  response[2] = 0x80;
  const out = new Uint8Array(512);
  assert.equal(from.answer(response, response.length, udp, out), 0);
  assert.equal(from.answer(new Uint8Array(11), 11, udp, out), 0);
  const counts = from.counters.udp.read();
  assert.deepEqual([counts['queries'], counts['dropped']], [2, 2]);
});

test('a new generation answers from the next query on', () => {
  const from = answererOf([]);
  assert.equal(ask('www.example.com. AAAA', { from }).rcode, rcode.refused);
  from.swap(generationOf([example]));
  assert.equal(ask('www.example.com. AAAA', { from }).rcode, rcode.noError);
});

test('with minimal responses off, name servers and their addresses come along', () => {
  const from = answererOf([example], { isMinimal: false });
  assert.equal(
    formatMessage(ask('x.wild.example.com. MX', { from })),
    [
      'NOERROR aa',
      'answer: x.wild.example.com. 300 IN MX 10 www.example.com.',
      'authority: example.com. 300 IN NS ns1.example.com.',
      'authority: example.com. 300 IN NS ns.test.',
      'additional: www.example.com. 300 IN A 192.0.2.10',
      'additional: www.example.com. 300 IN A 192.0.2.11',
      'additional: www.example.com. 300 IN AAAA 2001:db8::10',
      'additional: ns1.example.com. 300 IN A 192.0.2.53',
    ].join('\n'),
  );
});

const questions = [...exampleText.matchAll(/^(\S+)/gm)].map(
  ([owner]) => `x.${owner.replace(/^\$.*|^@/, 'y')}.example.com.`,
);
const anyQuery = fc
  .record({
    question: fc.constantFrom(...questions, 'www.example.com.', 'example.com.'),
    type: fc.constantFrom(1, 2, 5, 6, 15, 16, 28, 39, 43, 255, 65_402, 4711),
    udpBytes: fc.nat(0xffff),
    options: fc.uint8Array({ maxLength: 30 }),
    changes: fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
    cut: fc.nat(200),
  })
  .map(({ question, type, udpBytes, options, changes, cut }) => {
    const query = encodeQuery(1, { name: name(question), type }, { udpBytes, options });
    for (const [at, octet] of changes) query[at % query.length] = octet;
    return query.subarray(0, cut);
  });

test('any octets get a reply that parses, echoes the id and keeps to the size, or none', () => {
  fc.assert(
    fc.property(fc.oneof(anyQuery, fc.uint8Array({ maxLength: 600 })), (query) => {
      const out = new Uint8Array(65_535);
      const length = answerer.answer(query, query.length, udp, out);
      assert.ok(length === 0 || (length >= 12 && length <= 1232));
      if (length === 0) return;
      const reply = decodeMessage(out.subarray(0, length));
      assert.ok(reply.ok);
      assert.ok((reply.value.flags & flag.response) !== 0);
      assert.equal(reply.value.id, ((query[0] ?? 0) << 8) | (query[1] ?? 0));
    }),
    { numRuns: 3000 },
  );
});
