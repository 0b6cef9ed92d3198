/** RFC 4592: every example of §2.2.1 and §4, and what a wildcard is and is not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, problemsOf, reply, serve } from './serving.ts';

/** The zone of §2.2.1; the records that the RFC leaves open have the shortest data. */
const text = `
example.                 3600 IN SOA ns.example.com. admin.example.com. 1 7200 600 86400 3600
example.                 3600 IN NS  ns.example.com.
example.                 3600 IN NS  ns.example.net.
*.example.               3600 IN TXT "this is a wildcard"
*.example.               3600 IN MX  10 host1.example.
sub.*.example.           3600 IN TXT "this is not a wildcard"
host1.example.           3600 IN A   192.0.2.1
_ssh._tcp.host1.example. 3600 IN SRV 0 0 22 host1.example.
_ssh._tcp.host2.example. 3600 IN SRV 0 0 22 host1.example.
subdel.example.          3600 IN NS  ns.example.com.
subdel.example.          3600 IN NS  ns.example.net.
`;
const server = serve(text);
const soa = 'authority: example. 3600 IN SOA ns.example.com. admin.example.com. 1 7200 600 86400 3600';

const synthesized: readonly (readonly [question: string, ...lines: string[]])[] = [
  ['host3.example. MX', 'answer: host3.example. 3600 IN MX 10 host1.example.'],
  ['host3.example. A', soa],
  ['foo.bar.example. TXT', 'answer: foo.bar.example. 3600 IN TXT "this is a wildcard"'],
];
for (const [question, ...lines] of synthesized) {
  test(`RFC 4592 §2.2.1: ${question} is answered by the wildcard`, () => {
    assert.deepEqual(reply(server, question), ['NOERROR aa', ...lines]);
  });
}

const notSynthesized: readonly (readonly [question: string, reason: string, ...lines: string[]])[] = [
  ['host1.example. MX', 'the name exists', 'NOERROR aa', soa],
  ['sub.*.example. MX', 'the name exists', 'NOERROR aa', soa],
  ['_telnet._tcp.host1.example. SRV', '_tcp.host1.example. exists without data', 'NXDOMAIN aa', soa],
  [
    'host.subdel.example. A',
    'subdel.example. is a cut',
    'NOERROR',
    'authority: subdel.example. 3600 IN NS ns.example.com.',
    'authority: subdel.example. 3600 IN NS ns.example.net.',
  ],
  ['ghost.*.example. MX', '*.example. exists', 'NXDOMAIN aa', soa],
];
for (const [question, reason, ...lines] of notSynthesized) {
  test(`RFC 4592 §2.2.1: ${question} is not answered by the wildcard, since ${reason}`, () => {
    assert.deepEqual(reply(server, question), lines);
  });
}

test('RFC 4592 §2.2.2, §2.2.3: names between the apex and data exist and have no data', () => {
  for (const question of ['_tcp.host1.example. SRV', 'host2.example. MX', '_tcp.host2.example. TXT']) {
    assert.deepEqual(reply(server, question), ['NOERROR aa', soa], question);
  }
});

test('RFC 4592 §2.1.1: the wildcard asked for by its own name gives its own records', () => {
  assert.deepEqual(reply(server, '*.example. TXT'), [
    'NOERROR aa',
    'answer: *.example. 3600 IN TXT "this is a wildcard"',
  ]);
});

test('RFC 4592 §2.3: an asterisk in the question is a label like any other', () => {
  assert.deepEqual(reply(server, '*.*.example. TXT'), ['NXDOMAIN aa', soa]);
  assert.deepEqual(reply(server, '*.host3.example. TXT'), [
    'NOERROR aa',
    'answer: *.host3.example. 3600 IN TXT "this is a wildcard"',
  ]);
});

const base = `example. 300 SOA ns.example.com. a.test. 1 7200 600 86400 300\nexample. 300 NS ns.example.com.\n`;
const baseSoa = 'authority: example. 300 IN SOA ns.example.com. a.test. 1 7200 600 86400 300';

test('RFC 4592 §2.1.1: only a label of one asterisk is a wildcard', () => {
  const from = serve(
    `${base}**.a.example. 300 A 192.0.2.1\n*x.b.example. 300 A 192.0.2.1\nx*.c.example. 300 A 192.0.2.1`,
  );
  for (const name of ['q.a.example.', 'q.b.example.', 'qx.b.example.', 'xq.c.example.']) {
    assert.deepEqual(reply(from, `${name} A`), ['NXDOMAIN aa', baseSoa], name);
  }
  assert.equal(ask(from, '**.a.example. A').answers.length, 1);
});

test('RFC 4592 §3.3.1: the closest encloser alone decides which wildcard may answer', () => {
  const from = serve(`${base}*.example. 300 A 192.0.2.1\na.b.example. 300 A 192.0.2.2`);
  assert.deepEqual(reply(from, 'x.example. A')[1], 'answer: x.example. 300 IN A 192.0.2.1');
  assert.deepEqual(reply(from, 'x.b.example. A'), ['NXDOMAIN aa', baseSoa]);
  assert.deepEqual(reply(from, 'x.a.b.example. A'), ['NXDOMAIN aa', baseSoa]);
});

test('RFC 4592 §4.1: an SOA at a wildcard makes a zone of that very name', () => {
  const child =
    '*.example. 60 SOA a.test. b.test. 1 1 1 1 60\n*.example. 60 NS ns.example.com.\nwww.*.example. 60 A 192.0.2.9';
  const from = serve([`${base}*.example. 300 A 192.0.2.1`, child]);
  assert.deepEqual(reply(from, 'www.*.example. A'), ['NOERROR aa', 'answer: www.*.example. 60 IN A 192.0.2.9']);
  assert.deepEqual(reply(from, 'www.host.example. A'), ['NOERROR aa', 'answer: www.host.example. 300 IN A 192.0.2.1']);
});

test('RFC 4592 §4.2: NS at a wildcard has no meaning that is agreed on, so that the zone is refused', () => {
  assert.match(problemsOf(`${base}*.example. 300 NS ns.test.`).join('\n'), /error: NS at the wildcard/);
});

test('RFC 4592 §4.3: a CNAME at a wildcard is an alias of the name that was asked, and followed', () => {
  const from = serve(`${base}*.example. 300 CNAME www.example.\nwww.example. 300 A 192.0.2.1`);
  assert.deepEqual(reply(from, 'x.example. A'), [
    'NOERROR aa',
    'answer: x.example. 300 IN CNAME www.example.',
    'answer: www.example. 300 IN A 192.0.2.1',
  ]);
  assert.deepEqual(reply(from, 'x.example. CNAME'), ['NOERROR aa', 'answer: x.example. 300 IN CNAME www.example.']);
});

test('RFC 4592 §4.3: a CNAME at a wildcard that leads to itself ends', () => {
  const from = serve(`${base}*.example. 300 CNAME x.example.`);
  assert.deepEqual(reply(from, 'x.example. A'), ['NOERROR aa', 'answer: x.example. 300 IN CNAME x.example.']);
});

test('RFC 4592 §4.4: DNAME at a wildcard is discouraged, so that the zone is warned of', () => {
  assert.match(problemsOf(`${base}*.example. 300 DNAME test.`).join('\n'), /warning: DNAME at the wildcard/);
});

test('RFC 4592 §4.5: an SRV at a wildcard answers for any service', () => {
  const from = serve(`${base}*.example. 300 SRV 0 0 22 www.example.\nwww.example. 300 A 192.0.2.1`);
  assert.deepEqual(reply(from, '_foo._udp.host.example. SRV'), [
    'NOERROR aa',
    'answer: _foo._udp.host.example. 300 IN SRV 0 0 22 www.example.',
  ]);
});

test('RFC 4592 §4.6: a DS at a wildcard is answered like any type', () => {
  const from = serve(`${base}*.example. 300 DS 1 13 2 ${'00'.repeat(32)}`);
  assert.equal(ask(from, 'x.example. DS').answers.length, 1);
});

test('RFC 4592 §4.9: a wildcard without data of its own makes every name below its parent exist without data', () => {
  const from = serve(`${base}sub.*.example. 300 A 192.0.2.1`);
  for (const question of ['x.example. A', 'y.x.example. TXT', '*.example. A']) {
    assert.deepEqual(reply(from, question), ['NOERROR aa', baseSoa], question);
  }
});
