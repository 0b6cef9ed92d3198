/** RFC 1034 §4.3.2, the algorithm of a name server, and what else it asks of an authoritative one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, problemsOf, reply, serve } from './serving.ts';

const soa = 'authority: example. 300 IN SOA ns.example. admin.example. 1 7200 600 86400 300';
const text = `
example. 3600 SOA ns.example. admin.example. 1 7200 600 86400 300
example. 3600 NS ns.example.
ns.example. 3600 A 192.0.2.53
www.example. 3600 A 192.0.2.1
www.example. 3600 A 192.0.2.2
www.example. 3600 TXT "text"
alias.example. 3600 CNAME www.example.
twice.example. 3600 CNAME alias.example.
lost.example. 3600 CNAME nowhere.example.
away.example. 3600 CNAME www.other.
ring.example. 3600 CNAME rong.example.
rong.example. 3600 CNAME ring.example.
down.example. 3600 CNAME host.sub.example.
sub.example. 3600 NS ns.sub.example.
sub.example. 3600 NS ns.elsewhere.
ns.sub.example. 3600 A 192.0.2.54
host.sub.example. 3600 A 192.0.2.9
a.deep.example. 3600 A 192.0.2.3
*.wild.example. 3600 A 192.0.2.80
`;
const server = serve(text);

test('RFC 1034 §4.3.2 step 1: recursion is neither done nor offered', () => {
  const { flags } = ask(server, 'www.example. A', { flags: 0x0100 });
  assert.equal(flags & 0x0080, 0, 'RA is clear');
  assert.deepEqual(reply(server, 'www.other. A', { flags: 0x0100 }), ['REFUSED rd']);
});

test('RFC 1034 §4.3.2 step 2: the zone that is the nearest ancestor of the name is searched', () => {
  const child =
    'sub.example. 60 SOA a. b. 1 1 1 1 60\nsub.example. 60 NS ns.elsewhere.\nhost.sub.example. 60 A 192.0.2.7';
  assert.deepEqual(reply(serve([text, child]), 'host.sub.example. A'), [
    'NOERROR aa',
    'answer: host.sub.example. 60 IN A 192.0.2.7',
  ]);
});

test('RFC 1034 §4.3.2 step 2: a name that no zone here is an ancestor of is not answered', () => {
  for (const question of ['other. A', 'www.example.other. A', '. NS', 'xexample. A']) {
    assert.deepEqual(reply(server, question), ['REFUSED'], question);
  }
});

test('RFC 1034 §4.3.2 step 3a: all records that match the type are the answer, and no others', () => {
  assert.deepEqual(reply(server, 'www.example. A'), [
    'NOERROR aa',
    'answer: www.example. 3600 IN A 192.0.2.1',
    'answer: www.example. 3600 IN A 192.0.2.2',
  ]);
});

test('RFC 1034 §4.3.2 step 3a: a CNAME is copied and its target looked up, as often as needed', () => {
  assert.deepEqual(reply(server, 'twice.example. TXT'), [
    'NOERROR aa',
    'answer: twice.example. 3600 IN CNAME alias.example.',
    'answer: alias.example. 3600 IN CNAME www.example.',
    'answer: www.example. 3600 IN TXT "text"',
  ]);
});

test('RFC 1034 §3.6.2, §4.3.2 step 3a: a question for CNAME or for all types does not follow it', () => {
  const expected = ['NOERROR aa', 'answer: alias.example. 3600 IN CNAME www.example.'];
  assert.deepEqual(reply(server, 'alias.example. CNAME'), expected);
  assert.deepEqual(reply(server, 'alias.example. ANY'), expected);
});

test('RFC 1034 §3.6.2: a CNAME that leads out of the zone is the whole answer', () => {
  assert.deepEqual(reply(server, 'away.example. A'), ['NOERROR aa', 'answer: away.example. 3600 IN CNAME www.other.']);
});

test('RFC 1034 §3.6.2: CNAMEs in a circle are answered once each', () => {
  assert.deepEqual(reply(server, 'ring.example. A'), [
    'NOERROR aa',
    'answer: ring.example. 3600 IN CNAME rong.example.',
    'answer: rong.example. 3600 IN CNAME ring.example.',
  ]);
});

test('RFC 1034 §3.6.2: a CNAME beside other data is refused when the zone is read', () => {
  assert.match(problemsOf(`${text}alias.example. 3600 A 192.0.2.1\n`).join('\n'), /alias\.example\. beside a CNAME/);
});

const referral = [
  'NOERROR',
  'authority: sub.example. 3600 IN NS ns.sub.example.',
  'authority: sub.example. 3600 IN NS ns.elsewhere.',
  'additional: ns.sub.example. 3600 IN A 192.0.2.54',
];

test('RFC 1034 §4.3.2 step 3b: at and below a cut comes a referral with what addresses are here, without AA', () => {
  const questions = [
    'sub.example. A',
    'sub.example. NS',
    'host.sub.example. A',
    'ns.sub.example. A',
    'x.y.sub.example. MX',
  ];
  for (const question of questions) assert.deepEqual(reply(server, question), referral, question);
});

test('RFC 1034 §4.2.1: the NS records of a cut are no authoritative data, and what lies below neither', () => {
  assert.equal(ask(server, 'ns.sub.example. A').flags & 0x0400, 0);
  assert.deepEqual(ask(server, 'host.sub.example. A').answers, []);
});

test('RFC 1034 §4.3.2 step 3a and 3b: a CNAME into a delegated zone ends in its referral, with AA for the CNAME', () => {
  assert.deepEqual(reply(server, 'down.example. A'), [
    'NOERROR aa',
    'answer: down.example. 3600 IN CNAME host.sub.example.',
    ...referral.slice(1),
  ]);
});

test('RFC 1034 §4.3.2 step 3c: a name that is not there is an authoritative name error', () => {
  assert.deepEqual(reply(server, 'nowhere.example. A'), ['NXDOMAIN aa', soa]);
  assert.deepEqual(reply(server, 'a.www.example. A'), ['NXDOMAIN aa', soa]);
});

test('RFC 1034 §4.3.2 step 3c: a wildcard answers with the name that was asked', () => {
  assert.deepEqual(reply(server, 'a.b.wild.example. A'), [
    'NOERROR aa',
    'answer: a.b.wild.example. 3600 IN A 192.0.2.80',
  ]);
});

test('RFC 6604 §3: after aliases the response code is that of the last name', () => {
  assert.deepEqual(reply(server, 'lost.example. A'), [
    'NXDOMAIN aa',
    'answer: lost.example. 3600 IN CNAME nowhere.example.',
    soa,
  ]);
});

test('RFC 6604 §2.1: AA says that the first owner in the answer is ours', () => {
  assert.equal(ask(server, 'away.example. A').flags & 0x0400, 0x0400);
});

test('RFC 1034 §4.3.2 step 6: addresses that are useful come along where responses are not minimal', () => {
  const lines = reply(serve(text, { isMinimal: false }), 'example. NS');
  assert.deepEqual(lines.slice(1), [
    'answer: example. 3600 IN NS ns.example.',
    'additional: ns.example. 3600 IN A 192.0.2.53',
  ]);
});

test('RFC 1034 §3.1: a name between the apex and data exists', () => {
  assert.deepEqual(reply(server, 'deep.example. A'), ['NOERROR aa', soa]);
});
