/** ALIAS: addresses of another name as the name's own (ADR 21). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatMessage } from '../wire/message.ts';
import { name } from '../zone/read-zone.fixture.ts';
import { createAnswerer } from './answerer.ts';
import type { Answerer } from './answerer.ts';
import { ask, compilerOf, generationOf } from './serving.fixture.ts';

const compile = compilerOf({
  up: () => ({ kind: 'records', rdata: [Uint8Array.of(192, 0, 2, 1)], changePending: false, scopeBits: 0 }),
  alias: () => ({ kind: 'records', rdata: [name('www.example.com.')], changePending: false, scopeBits: 0 }),
  aliases: () => ({
    kind: 'records',
    rdata: [name('www.example.com.'), name('web.example.com.')],
    changePending: false,
    scopeBits: 0,
  }),
  none: () => ({ kind: 'records', rdata: [], changePending: false, scopeBits: 0 }),
  out: () => ({ kind: 'records', rdata: [name('www.test.')], changePending: false, scopeBits: 0 }),
  fail: () => ({ kind: 'failure', reason: 'broken' }),
});
const soa = 'authority: example.com. 60 IN SOA ns1.example.com. admin.example.com. 7 3600 600 86400 60';

function serve(text: string): Answerer {
  return createAnswerer(generationOf(text, { compile }));
}

test("an ALIAS gives the addresses of its target as the name's own, and nothing else of it", () => {
  const text = `
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
ns1  A 192.0.2.53
@    ALIAS web
web  CNAME www
www  60 LUA A "up"
gone ALIAS nowhere
far  ALIAS www.test.
sub  NS ns.test.
cut  ALIAS a.sub
a    ALIAS b
b    ALIAS a
long ALIAS ${'a'.repeat(60)}.long.d
long.d DNAME ${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(60)}
`;
  const from = serve(text);
  const rows: [question: string, ...lines: string[]][] = [
    ['example.com. A', 'NOERROR aa', 'answer: example.com. 60 IN A 192.0.2.1'],
    ['example.com. AAAA', 'NOERROR aa', soa],
    ['example.com. TXT', 'NOERROR aa', soa],
    ['gone.example.com. A', 'NOERROR aa', soa],
    ['nowhere.example.com. A', 'NXDOMAIN aa', soa],
    ['far.example.com. A', 'SERVFAIL'],
    ['cut.example.com. A', 'SERVFAIL'],
    ['a.example.com. A', 'SERVFAIL'],
    ['long.example.com. A', 'SERVFAIL'],
  ];
  for (const [question, ...lines] of rows) {
    assert.equal(formatMessage(ask(from, question)), lines.join('\n'), question);
  }
});

test('a delegation that code computes is SERVFAIL', () => {
  const text = `
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
ns1  A 192.0.2.53
sub  LUA NS "alias"
`;
  assert.equal(formatMessage(ask(serve(text), 'x.sub.example.com. A')), 'SERVFAIL');
});

test('an ALIAS that code computes leads to what it gives now, or nowhere', () => {
  const text = `
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
ns1  A 192.0.2.53
www  A 192.0.2.1
@ 30 LUA ALIAS "alias"
none LUA ALIAS "none"
out  LUA ALIAS "out"
fail LUA ALIAS "fail"
`;
  const from = serve(text);
  const rows = [
    ['example.com. A', 'NOERROR aa\nanswer: example.com. 30 IN A 192.0.2.1'],
    ['example.com. AAAA', `NOERROR aa\n${soa.replace('60 IN', '30 IN')}`],
    ['none.example.com. A', `NOERROR aa\n${soa.replace('60 IN', '10 IN')}`],
    ['out.example.com. A', 'SERVFAIL'],
    ['fail.example.com. A', 'SERVFAIL'],
  ] as const;
  for (const [question, text] of rows) assert.equal(formatMessage(ask(from, question)), text, question);
});

test('no answer by an ALIAS lives longer than any record on the way to it', () => {
  const text = `
$TTL 86400
@     SOA ns1 admin 7 3600 600 86400 60
@     NS ns1
ns1   A 192.0.2.53
@  30 ALIAS www
www   A 192.0.2.1
a  90 ALIAS b
b  40 CNAME c
c     CNAME www
d     ALIAS e
e  20 LUA A "up"
f  10 ALIAS nowhere
g  15 ALIAS h
h     LUA CNAME "alias"
`;
  const from = serve(text);
  const rows = [
    ['example.com. A', 'answer: example.com. 30 IN A 192.0.2.1'],
    ['a.example.com. A', 'answer: a.example.com. 40 IN A 192.0.2.1'],
    ['d.example.com. A', 'answer: d.example.com. 20 IN A 192.0.2.1'],
    ['g.example.com. A', 'answer: g.example.com. 15 IN A 192.0.2.1'],
    ['f.example.com. A', soa.replace('60 IN', '10 IN')],
    ['www.example.com. A', 'answer: www.example.com. 86400 IN A 192.0.2.1'],
  ] as const;
  for (const [question, line] of rows) {
    assert.equal(formatMessage(ask(from, question)), `NOERROR aa\n${line}`, question);
  }
});

test('a program that gives several aliases for one name is answered with the first alone', () => {
  const from = serve(`
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
ns1  A 192.0.2.53
www  A 192.0.2.80
web  A 192.0.2.81
any  LUA CNAME "aliases"
old  LUA DNAME "aliases"
`);
  const alias = 'answer: any.example.com. 300 IN CNAME www.example.com.';
  const rows: [question: string, ...lines: string[]][] = [
    ['any.example.com. CNAME', 'NOERROR aa', alias],
    ['any.example.com. ANY', 'NOERROR aa', alias],
    ['any.example.com. A', 'NOERROR aa', alias, 'answer: www.example.com. 300 IN A 192.0.2.80'],
    ['old.example.com. DNAME', 'NOERROR aa', 'answer: old.example.com. 300 IN DNAME www.example.com.'],
  ];
  for (const [question, ...lines] of rows) {
    assert.equal(formatMessage(ask(from, question)), lines.join('\n'), question);
  }
});
