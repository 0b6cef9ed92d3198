/** RFC 6672: DNAME, its substitution table, and what may and may not stand beside it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, exchange, nameOf, problemsOf, query, reply, serve, tcp } from './serving.ts';

const apex = (zone: string): string =>
  `${zone} 300 SOA a.test. b.test. 1 7200 600 86400 300\n${zone} 300 NS ns.test.\n`;

/** Table 1 of §2.2: what the CNAME leads to; undefined where nothing is substituted. */
const table: readonly (readonly [
  zone: string,
  name: string,
  owner: string,
  target: string,
  result: string | undefined,
])[] = [
  ['com.', 'com.', 'example.com.', 'example.net.', undefined],
  ['com.', 'example.com.', 'example.com.', 'example.net.', undefined],
  ['com.', 'a.example.com.', 'example.com.', 'example.net.', 'a.example.net.'],
  ['com.', 'a.b.example.com.', 'example.com.', 'example.net.', 'a.b.example.net.'],
  ['com.', 'ab.example.com.', 'b.example.com.', 'example.net.', undefined],
  ['com.', 'foo.example.com.', 'example.com.', 'example.net.', 'foo.example.net.'],
  ['com.', 'a.x.example.com.', 'x.example.com.', 'example.net.', 'a.example.net.'],
  ['com.', 'a.example.com.', 'example.com.', 'y.example.net.', 'a.y.example.net.'],
  ['com.', 'cyc.example.com.', 'example.com.', 'example.com.', 'cyc.example.com.'],
  ['com.', 'cyc.example.com.', 'example.com.', 'c.example.com.', 'cyc.c.example.com.'],
  ['.', 'shortloop.x.x.', 'x.', '.', 'shortloop.x.'],
  ['.', 'shortloop.x.', 'x.', '.', 'shortloop.'],
];
for (const [zone, name, owner, target, result] of table) {
  test(`RFC 6672 §2.2: ${name} under ${owner} DNAME ${target} gives ${result ?? 'no match'}`, () => {
    const address = zone === '.' ? 'ns.test. 300 A 192.0.2.53\n' : '';
    const { answers } = ask(serve(`${apex(zone)}${address}${owner} 300 DNAME ${target}`), `${name} A`, {}, tcp);
    const cname = answers.find(({ type }) => type === 5);
    assert.deepEqual(cname?.rdata, result === undefined ? undefined : nameOf(result));
    assert.deepEqual(cname?.owner, result === undefined ? undefined : nameOf(name));
    assert.deepEqual(answers[0]?.type, result === undefined ? undefined : 39, 'the DNAME comes first');
  });
}

const text = `${apex('example.')}
old.example. 77 DNAME new.example.
old.example. 300 TXT "beside"
www.new.example. 300 A 192.0.2.1
second.new.example. 300 DNAME new.example.
`;
const server = serve(text);
const dname = 'answer: old.example. 77 IN DNAME new.example.';
const soa = 'authority: example. 300 IN SOA a.test. b.test. 1 7200 600 86400 300';

test('RFC 6672 §2.3: the owner itself is not redirected, and other types may be there', () => {
  assert.deepEqual(reply(server, 'old.example. DNAME'), ['NOERROR aa', dname]);
  assert.deepEqual(reply(server, 'old.example. TXT'), ['NOERROR aa', 'answer: old.example. 300 IN TXT "beside"']);
  assert.deepEqual(reply(server, 'old.example. A'), ['NOERROR aa', soa]);
});

test('RFC 6672 §3.1: the reply has the DNAME, a CNAME with its TTL, and what that leads to', () => {
  assert.deepEqual(reply(server, 'www.old.example. A'), [
    'NOERROR aa',
    dname,
    'answer: www.old.example. 77 IN CNAME www.new.example.',
    'answer: www.new.example. 300 IN A 192.0.2.1',
  ]);
});

test('RFC 6672 §3.1: the CNAME is made whether or not the client has EDNS', () => {
  assert.deepEqual(reply(server, 'www.old.example. A', { edns: {} }), reply(server, 'www.old.example. A'));
});

test('RFC 6672 §3.2: a question for CNAME below a DNAME is answered by the one that was made', () => {
  assert.deepEqual(reply(server, 'www.old.example. CNAME'), [
    'NOERROR aa',
    dname,
    'answer: www.old.example. 77 IN CNAME www.new.example.',
  ]);
});

test('RFC 6672 §3.2: the response code is that of the name in the end', () => {
  assert.deepEqual(reply(server, 'no.old.example. A'), [
    'NXDOMAIN aa',
    dname,
    'answer: no.old.example. 77 IN CNAME no.new.example.',
    soa,
  ]);
});

test('RFC 6672 §3.2: DNAMEs behind each other are followed', () => {
  assert.deepEqual(reply(server, 'www.second.old.example. A'), [
    'NOERROR aa',
    dname,
    'answer: www.second.old.example. 77 IN CNAME www.second.new.example.',
    'answer: second.new.example. 300 IN DNAME new.example.',
    'answer: www.second.new.example. 300 IN CNAME www.new.example.',
    'answer: www.new.example. 300 IN A 192.0.2.1',
  ]);
});

test('RFC 6672 §2.2, §3.2: a name that the substitution makes too long is YXDOMAIN (6), with the DNAME', () => {
  const label = 'l'.repeat(63);
  const from = serve(`${apex('example.')}d.example. 300 DNAME ${label}.${label}.test.`);
  const message = ask(from, `${label}.${label}.d.example. A`, {}, tcp);
  assert.equal(message.rcode, 6);
  assert.deepEqual(
    message.answers.map(({ type }) => type),
    [39],
  );
});

test('RFC 6672 §2.2: a name of 255 octets after the substitution is not too long', () => {
  const label = 'l'.repeat(63);
  const from = serve(`${apex('example.')}d.example. 300 DNAME ${label}.${label}.test.`);
  // The target has 134 octets; 64 and 57 before it make 255, 64 and 58 make 256.
  assert.equal(ask(from, `${label}.${'l'.repeat(56)}.d.example. A`, {}, tcp).answers[1]?.rdata.length, 255);
  assert.equal(ask(from, `${label}.${'l'.repeat(57)}.d.example. A`, {}, tcp).rcode, 6);
});

test('RFC 6672 §2.5: the target is not compressed', () => {
  const bytes = exchange(server, query('www.old.example. DNAME'));
  assert.ok(Buffer.from(bytes).includes(Buffer.from(nameOf('new.example.'))));
});

test('RFC 6672 §2.4: what lies below a DNAME is never answered, and the zone is warned of', () => {
  const hidden = `${text}hidden.old.example. 300 A 192.0.2.66\n`;
  const { answers } = ask(serve(hidden), 'hidden.old.example. A');
  assert.deepEqual(
    answers.map(({ type }) => type),
    [39, 5],
  );
  assert.match(problemsOf(hidden).join('\n'), /warning: .*hidden\.old\.example\./);
});

test('RFC 6672 §2.4: a CNAME beside a DNAME, or a second DNAME, is refused when the zone is read', () => {
  assert.match(problemsOf(`${text}old.example. 300 CNAME a.test.`).join('\n'), /error: .*beside a CNAME/);
  assert.match(problemsOf(`${text}old.example. 300 DNAME a.test.`).join('\n'), /error: a second DNAME/);
});

test('RFC 6672 §2.3: at the apex a DNAME redirects everything below, and the apex stays', () => {
  const from = serve(`${apex('example.')}example. 300 DNAME test.`);
  assert.deepEqual(reply(from, 'example. NS'), ['NOERROR aa', 'answer: example. 300 IN NS ns.test.']);
  assert.deepEqual(reply(from, 'a.b.example. A')[2], 'answer: a.b.example. 300 IN CNAME a.b.test.');
});

test('RFC 6672 §3.2: a cut above a DNAME comes first', () => {
  const from = serve(`${apex('example.')}sub.example. 300 NS ns.test.\nd.sub.example. 300 DNAME test.`);
  assert.deepEqual(reply(from, 'x.d.sub.example. A'), ['NOERROR', 'authority: sub.example. 300 IN NS ns.test.']);
});
