import assert from 'node:assert/strict';
import test from 'node:test';
import { refuse, succeed } from '#base/result.ts';
import { typeName } from '../wire/constants.ts';
import { formatName, parseName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { formatRdata } from '../wire/rdata.ts';
import type { DynamicCompiler, DynamicSource } from './dynamic.ts';
import { loadZone } from './load.ts';
import type { LoadedZone } from './load.ts';
import { formatZoneProblem } from './problem.ts';
import type { Zone } from './zone.ts';

function name(text: string): Name {
  const parsed = parseName(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

const noCode: DynamicCompiler = () => refuse({ message: 'no code here', offset: 0 });

function load(text: string, compile: DynamicCompiler = noCode): LoadedZone {
  return loadZone({ file: 'example.com.zone', text, origin: name('example.com.') }, { compile });
}

const head = '@ 300 IN SOA ns1.test. admin.test. 1 3600 600 86400 60\n@ 300 IN NS ns1.test.\n';

/** Every record of a zone, one line each, in the order of names. */
function lines(zone: Zone | undefined): string[] {
  assert.ok(zone !== undefined, 'the zone loads');
  return [...zone.nodes.values()]
    .flatMap((node) =>
      node.rrsets.flatMap((rrset) =>
        rrset.rdata.map((rdata) =>
          [formatName(node.owner), rrset.ttlSeconds, typeName(rrset.type), formatRdata(rrset.type, rdata)].join(' '),
        ),
      ),
    )
    .toSorted();
}

test('a master file is read with everything that RFC 1035 and BIND let one write', () => {
  const { zone, problems } = load(`
; a comment
$TTL 1h
@	IN	SOA	ns1 hostmaster (
		2024010101 ; serial
		1h 10m     ; refresh, retry
		1w ) 60    ; expire, minimum
	NS	ns1
	NS	ns2.Other.Test.
ns1	A	192.0.2.1
	300 IN AAAA	2001:db8::1
www	IN 60 CNAME	@
txt	TXT	"one; two" three "a \\"quote\\"" \\; "(" ")"
$ORIGIN sub
*	A	192.0.2.2
$ORIGIN example.com.
*.a\\.b	MX 10 .
big	TYPE65280 \\# 2 (
	01
	02 )`);
  assert.deepEqual(problems, []);
  assert.deepEqual(lines(zone), [
    '*.a\\.b.example.com. 3600 MX 10 .',
    '*.sub.example.com. 3600 A 192.0.2.2',
    'big.example.com. 3600 TYPE65280 \\# 2 0102',
    'example.com. 3600 NS ns1.example.com.',
    'example.com. 3600 NS ns2.Other.Test.',
    'example.com. 3600 SOA ns1.example.com. hostmaster.example.com. 2024010101 3600 600 604800 60',
    'ns1.example.com. 300 AAAA 2001:db8::1',
    'ns1.example.com. 3600 A 192.0.2.1',
    'txt.example.com. 3600 TXT "one; two" "three" "a \\"quote\\"" ";" "(" ")"',
    'www.example.com. 60 CNAME example.com.',
  ]);
});

test('all errors of a file are reported at once, each at its place', () => {
  const { zone, problems } = load(
    [
      '$TTL abc',
      '$INCLUDE other.zone',
      '@ 300 IN SOA ns1 hostmaster 1 3600 600 86400 60',
      'www 300 IN A 192.0.2.256',
      'www 300 CH A 192.0.2.1',
      'www 300 IN AAA 2001:db8::1',
      'a..b 300 IN A 192.0.2.1',
      '   300 IN A 192.0.2.1',
      'www 3000000000 A 192.0.2.1',
      'www 300 A',
      'www 300',
      'www 300 ANY x',
      'txt 300 TXT "open',
      'txt 300 TXT )',
      'www 300 LUA',
      'mx 300 MX ( 10',
    ].join('\n'),
  );
  assert.equal(zone, undefined);
  assert.deepEqual(problems.map(formatZoneProblem), [
    'example.com.zone:1:6: error: TTL "abc" is not a time: expected one such as 300, 5m or 1h30m, below 2^31 seconds',
    'example.com.zone:2:1: error: "$INCLUDE" is not known: expected $ORIGIN and $TTL',
    'example.com.zone:3:10: error: the zone has no NS record: expected at least one at example.com.',
    'example.com.zone:4:14: error: A: "192.0.2.256" is not an IPv4 address',
    'example.com.zone:5:9: error: class "CH" is not served: expected IN',
    'example.com.zone:6:12: error: "AAA" is not a record type: expected one such as A, AAAA, CNAME or TYPE65280',
    'example.com.zone:7:1: error: "a..b" is not a name: a label must not be empty',
    'example.com.zone:9:5: error: TTL "3000000000" is not a time: expected one such as 300, 5m or 1h30m, below 2^31 seconds',
    'example.com.zone:10:9: error: A: the data ends where an IPv4 address is expected',
    'example.com.zone:11:5: error: the record ends after "300": expected a type such as A',
    'example.com.zone:12:9: error: ANY exists only in queries: expected a type of data',
    'example.com.zone:13:13: error: the quoted string is not closed: expected " on the same line',
    'example.com.zone:14:9: error: TXT: the data ends where a string is expected',
    'example.com.zone:14:13: error: ")" closes nothing: expected "(" before it',
    'example.com.zone:15:9: error: LUA is followed by "": expected the type it gives, such as LUA A',
    'example.com.zone:16:11: error: "(" is never closed: expected ")"',
    'example.com.zone:16:13: error: MX: the data ends where a name is expected',
  ]);
});

test('records that make no sound zone are refused', () => {
  const rows: [text: string, problem: string][] = [
    [
      '',
      '1:1: error: the zone has no SOA record: expected one, such as "@ IN SOA ns1 hostmaster 1 3600 600 1209600 60"',
    ],
    [`${head}@ 300 SOA a. b. 1 1 1 1 1`, '3:7: error: a second SOA record: expected only the one in line 1'],
    [
      `${head}a 300 SOA a. b. 1 1 1 1 1`,
      '3:7: error: a second SOA record at a.example.com.: expected only the one in line 1',
    ],
    [
      `${head}www.other. 300 A 192.0.2.1`,
      '3:16: error: "www.other." is outside the zone: expected a name at or below example.com.',
    ],
    [
      `${head}a 300 CNAME b\na 300 A 192.0.2.1`,
      '4:7: error: A at a.example.com. beside a CNAME: expected the CNAME alone at its name',
    ],
    [`${head}a 300 CNAME b\na 300 CNAME c`, '4:7: error: a second CNAME at a.example.com.: expected only one'],
    [
      `${head}@ 300 NS ns9`,
      '3:7: error: name server ns9.example.com. has no address: expected an A or AAAA record for it in this zone',
    ],
    [
      `${head}@ 300 NS a\na 300 CNAME b.test.`,
      '3:7: error: name server a.example.com. is an alias: expected an A or AAAA record for it in this zone',
    ],
    [
      `${head}sub 300 NS ns.sub`,
      '3:9: error: name server ns.sub.example.com. has no address: expected an A or AAAA record for it in this zone',
    ],
  ];
  for (const [text, problem] of rows) {
    const loaded = load(text);
    assert.equal(loaded.zone, undefined, problem);
    assert.deepEqual(loaded.problems.map(formatZoneProblem), [`example.com.zone:${problem}`]);
  }
});

test('glue below another zone cut is not demanded', () => {
  const { zone, problems } = load(`${head}a 300 NS ns.b\nb 300 NS ns.test.`);
  assert.deepEqual(problems, []);
  assert.ok(zone !== undefined);
});

test('mixed TTLs of one RRset are a warning, and the lowest is served', () => {
  const { zone, problems } = load(`${head}www 300 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 60 A 192.0.2.2`);
  assert.deepEqual(problems.map(formatZoneProblem), [
    'example.com.zone:4:8: warning: TTL 60 differs from 300 above: all A records of www.example.com. are served with 60',
  ]);
  assert.deepEqual(lines(zone).slice(-2), ['www.example.com. 60 A 192.0.2.1', 'www.example.com. 60 A 192.0.2.2']);
});

test('without $TTL the first SOA gives its minimum, and later records the last TTL stated', () => {
  const { zone } = load('@ SOA a. b. 1 1h 10m 1d 77\n@ NS ns.test.\na 5 A 192.0.2.1\nb A 192.0.2.2');
  const ttls = lines(zone).map((line) => line.split(' ')[1]);
  assert.deepEqual(ttls, ['5', '5', '77', '77']);
});

test('the serial of the release replaces the one in the file (R28)', () => {
  const source = { file: 'example.com.zone', text: head, origin: name('example.com.') };
  const { zone } = loadZone(source, { compile: noCode, serial: 4_000_000_000 });
  assert.equal(zone?.serial, 4_000_000_000);
  assert.match(lines(zone).join('\n'), /SOA ns1\.test\. admin\.test\. 4000000000 3600/);
  assert.equal(load(head).zone?.serial, 1);
});

test('lines may end as on Windows', () => {
  const { zone, problems } = load(`${head}txt 300 TXT ( "a"\n  "b" )\n`.replaceAll('\n', '\r\n'));
  assert.deepEqual(problems, []);
  assert.equal(lines(zone).at(-1), 'txt.example.com. 300 TXT "a" "b"');
});

test('the apex is where the SOA stands, whatever the file is called', () => {
  const text = `$ORIGIN other.test.\n${head}`;
  assert.equal(formatName(load(text).zone?.apex ?? name('wrong.')), 'other.test.');
});

test('LUA code reaches the compiler unescaped, and a fault is placed inside the file', () => {
  const sources: DynamicSource[] = [];
  const compile: DynamicCompiler = (source) => {
    sources.push(source);
    return refuse({ message: 'wrong', offset: source.code.indexOf('BAD') });
  };
  const { problems } = load(`${head}www 30 LUA A ( "say(\\"a\\", "\n   "BAD)" )\n`, compile);
  assert.equal(sources[0]?.code, 'say("a", BAD)');
  assert.deepEqual(sources[0].position, { file: 'example.com.zone', line: 3, column: 17 });
  assert.deepEqual(problems.map(formatZoneProblem), ['example.com.zone:4:5: error: LUA: wrong']);
});

test('a zone knows the longest TTL of its records that follow health (R25)', () => {
  const record = { type: 1, dependsOnClient: false, evaluate: () => ({ kind: 'failure', reason: 'none' }) as const };
  const { zone } = load(`${head}a 30 LUA A "x"\nb 90 LUA A "x"\nc 3600 A 192.0.2.1`, () => succeed(record));
  assert.equal(zone?.longestDynamicTtlSeconds, 90);
  assert.equal(load(head).zone?.longestDynamicTtlSeconds, 0);
});
