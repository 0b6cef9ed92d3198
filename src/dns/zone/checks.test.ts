import assert from 'node:assert/strict';
import test from 'node:test';
import { head, problemsOf, read } from './read-zone.fixture.ts';

/** Each text after SOA and NS in two lines, and all its problems. */
function expectProblems(rows: readonly [text: string, ...problems: string[]][]): void {
  for (const [text, ...problems] of rows) {
    assert.deepEqual(
      problemsOf(`${head}${text}`),
      problems.map((problem) => `example.com.zone:${problem}`),
      text,
    );
  }
}

const needsAddress = 'expected an A or AAAA record for it in this zone';
const digest = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';

test('a zone has one SOA and an NS at its apex', () => {
  assert.deepEqual(problemsOf(''), [
    'example.com.zone:1:1: error: the zone has no SOA record: expected one, such as "@ IN SOA ns1 hostmaster 1 3600 600 1209600 60"',
  ]);
  assert.deepEqual(problemsOf('@ 300 SOA a. b. 1 3600 600 86400 60'), [
    'example.com.zone:1:7: error: the zone has no NS record: expected at least one at example.com.',
  ]);
  expectProblems([
    ['@ 300 SOA a. b. 1 3600 600 86400 60', '3:7: error: a second SOA record: expected only the one in line 1'],
    ['@ 300 SOA NS1.test. admin.test. 1 3600 600 86400 60'],
    [
      'a 300 SOA a. b. 1 3600 600 86400 60',
      '3:7: error: a second SOA record at a.example.com.: expected only the one in line 1',
    ],
  ]);
});

test('an alias stands alone at its name, but for signatures', () => {
  const signature = 'CNAME 8 3 300 20300101000000 20200101000000 1 example.com. AAAA';
  const alone = 'expected the CNAME alone at its name';
  expectProblems([
    ['a 300 CNAME b\na 300 A 192.0.2.1', `4:7: error: A at a.example.com. beside a CNAME: ${alone}`],
    ['a 300 A 192.0.2.1\na 300 CNAME b', `3:7: error: A at a.example.com. beside a CNAME: ${alone}`],
    ['a 300 CNAME b\na 300 DNAME b', `4:7: error: DNAME at a.example.com. beside a CNAME: ${alone}`],
    ['a 300 CNAME b\na 300 CNAME c', '4:7: error: a second CNAME at a.example.com.: expected only one'],
    ['a 300 DNAME b\na 300 DNAME c', '4:7: error: a second DNAME at a.example.com.: expected only one'],
    ['a 300 CNAME b\na 300 CNAME B'],
    [`a 300 CNAME b\na 300 RRSIG ${signature}\na 300 NSEC b CNAME`],
  ]);
});

test('servers of the zone that it names itself need addresses of their own', () => {
  expectProblems([
    ['@ 300 NS ns9', `3:7: error: name server ns9.example.com. has no address: ${needsAddress}`],
    ['@ 300 NS n\nn 300 TXT a', `3:7: error: name server n.example.com. has no address: ${needsAddress}`],
    ['@ 300 NS a\na 300 CNAME b.test.', `3:7: error: name server a.example.com. is an alias: ${needsAddress}`],
    ['@ 300 NS x.w\n*.w 300 CNAME b.test.', `3:7: error: name server x.w.example.com. is an alias: ${needsAddress}`],
    [
      '@ 300 NS x.d\nd 300 DNAME b.test.',
      `3:7: error: name server x.d.example.com. lies below the DNAME at d.example.com.: ${needsAddress}`,
    ],
    ['@ 300 NS x.w\n*.w 300 AAAA 2001:db8::1'],
    [
      '@ 300 NS x.w\n*.w 300 AAAA 2001:db8::1\na.x.w 300 TXT a',
      `3:7: error: name server x.w.example.com. has no address: ${needsAddress}`,
    ],
    [
      '@ 300 NS y.x.w\n*.w 300 AAAA 2001:db8::1\na.x.w 300 TXT a',
      `3:7: error: name server y.x.w.example.com. has no address: ${needsAddress}`,
    ],
    ['@ 300 NS n\nn 300 AAAA 2001:db8::1'],
    ['@ 300 NS n.sub\nsub 300 NS ns.test.'],
  ]);
});

test('servers of a delegation need glue below it, and are only warned of elsewhere', () => {
  expectProblems([
    ['sub 300 NS ns.sub', `3:9: error: name server ns.sub.example.com. has no address: ${needsAddress}`],
    ['sub 300 NS sub', `3:9: error: name server sub.example.com. has no address: ${needsAddress}`],
    ['sub 300 NS ns.sub\nns.sub 300 A 192.0.2.1'],
    ['sub 300 NS sub\nsub 300 A 192.0.2.1'],
    ['a 300 NS ns.b\nb 300 NS ns.test.', `3:7: warning: name server ns.b.example.com. has no address: ${needsAddress}`],
    ['a 300 NS ns.b\nb 300 NS ns.test.\nns.b 300 A 192.0.2.1'],
    ['a 300 NS nope', `3:7: warning: name server nope.example.com. has no address: ${needsAddress}`],
    ['a 300 NS c\nc 300 CNAME d', `3:7: warning: name server c.example.com. is an alias: ${needsAddress}`],
    [
      '*.w 300 NS ns.test.',
      '3:9: error: NS at the wildcard *.w.example.com.: expected a delegation at a name (RFC 4592)',
    ],
  ]);
});

test('mail servers and services without addresses are warned of', () => {
  expectProblems([
    ['@ 300 MX 10 mail', `3:7: warning: mail server mail.example.com. has no address: ${needsAddress}`],
    ['@ 300 MX 10 a\na 300 CNAME b.test.', `3:7: warning: mail server a.example.com. is an alias: ${needsAddress}`],
    ['_x._tcp 300 SRV 1 1 1 nope', `3:13: warning: SRV target nope.example.com. has no address: ${needsAddress}`],
    ['@ 300 MX 0 .\n_x._tcp 300 SRV 0 0 0 .\n@ 300 MX 10 mail.test.'],
    ['@ 300 MX 10 m\nm 300 ALIAS n\nn 300 A 192.0.2.1'],
    ['@ 300 MX 10 m.sub\nsub 300 NS ns.test.'],
    ['@ 300 MX 10 192.0.2.1.', '3:13: warning: MX: "192.0.2.1." is an address: expected a host name'],
    ['@ 300 NS 2001:db8::1.', '3:10: warning: NS: "2001:db8::1." is an address: expected a host name'],
  ]);
});

test('data that is never answered is warned of, once for each name', () => {
  expectProblems([
    [
      'sub 300 NS ns.test.\nx.sub 300 TXT a\nx.sub 300 A 192.0.2.1',
      '4:11: warning: TXT of x.sub.example.com. lies below the delegation of sub.example.com.: it is never answered',
    ],
    [
      'sub 300 NS ns.test.\nsub 300 TXT a',
      '4:9: warning: TXT of sub.example.com. stands at a delegation: it is never answered',
    ],
    [
      'sub 300 NS ns.test.\nx.sub 300 NS y.x.sub',
      '4:11: warning: NS of x.sub.example.com. lies below the delegation of sub.example.com.: it is never answered',
    ],
    [
      'd 300 DNAME b.test.\nx.d 300 A 192.0.2.1',
      '4:9: warning: A of x.d.example.com. lies below the DNAME at d.example.com.: it is never answered',
    ],
    ['d 300 DNAME b.test.\nd 300 A 192.0.2.1'],
    [
      '@ 300 DNAME b.test.\nx 300 A 192.0.2.1',
      '4:7: warning: A of x.example.com. lies below the DNAME at example.com.: it is never answered',
    ],
    [
      'd 300 DNAME b.test.\nd 300 NS ns.test.',
      '4:7: warning: NS at d.example.com. beside a DNAME: expected only one of them below the apex',
    ],
  ]);
});

test('DS stands at a delegation', () => {
  expectProblems([
    [`@ 300 DS 1 8 2 ${digest}`, '3:7: error: DS at the apex example.com.: expected it in the parent zone'],
    [`a 300 DS 1 8 2 ${digest}`, '3:7: warning: DS at a.example.com. without NS: expected it at a delegation'],
    [`a 300 DS 1 8 2 ${digest}\na 300 NS ns.test.`],
  ]);
});

test('odd wildcards are warned of', () => {
  expectProblems([
    [
      'a.*.w 300 A 192.0.2.1',
      '3:11: warning: a.*.w.example.com. has an asterisk inside: expected it as the first label, or it matches nothing',
    ],
    ['*.w 300 DNAME b.test.', '3:9: warning: DNAME at the wildcard *.w.example.com.: expected it at a name (RFC 6672)'],
    ['*.w 300 A 192.0.2.1\na*b 300 A 192.0.2.1'],
  ]);
});

test('TTLs that differ in an RRset are warned of, signatures by what they cover', () => {
  const signature = (type: string): string => `${type} 8 3 300 20300101000000 20200101000000 1 example.com. AAAA`;
  expectProblems([
    [
      'www 300 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 60 A 192.0.2.2\nwww 90 TXT a\nwww 30 A 192.0.2.3',
      '4:8: warning: TTL 60 differs from 300 above: all A records of www.example.com. are served with 30',
    ],
    [`a 300 RRSIG ${signature('A')}\na 60 RRSIG ${signature('TXT')}`],
  ]);
});

test('SOA times that contradict each other are warned of', () => {
  const text = '@ 300 SOA a.test. b.test. 1 60 6000 30 864000\n@ 300 NS ns.test.';
  assert.deepEqual(problemsOf(text), [
    'example.com.zone:1:7: warning: SOA: retry 6000 is longer than refresh 60: expected it shorter',
    'example.com.zone:1:7: warning: SOA: expire 30 is shorter than refresh and retry together: expected at least 6060',
    'example.com.zone:1:7: warning: SOA: minimum 864000 keeps negative answers for days: expected at most 86400',
  ]);
  assert.ok(read(text).zone !== undefined);
});

test('of two ALIAS the second is warned of, as it is not followed', () => {
  expectProblems([
    [
      'a 300 ALIAS b\na 300 ALIAS c\nb 300 A 192.0.2.1\nc 300 A 192.0.2.2',
      '4:7: warning: a second ALIAS at a.example.com.: only the first is followed',
    ],
  ]);
});

test('an ALIAS whose target is not answered from this zone is warned of', () => {
  const expected = 'and is not asked for: expected a name of example.com.';
  expectProblems([
    ['@ 300 ALIAS www\nwww 300 A 192.0.2.1'],
    ['@ 300 ALIAS www.test.', `3:7: warning: the target www.test. of the ALIAS is outside the zone ${expected}`],
    [
      '@ 300 ALIAS a.sub\nsub 300 NS ns.test.',
      `3:7: warning: the target a.sub.example.com. of the ALIAS is below a delegation ${expected}`,
    ],
  ]);
});
