import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { refuse, succeed } from '#base/result.ts';
import { formatName } from '../wire/name.ts';
import type { DynamicCompiler, DynamicSource } from './dynamic.ts';
import { formatZoneProblem } from './problem.ts';
import { shownLimit } from './problem-log.ts';
import { head, lines, name, problemsOf, read } from './read-zone.fixture.ts';
import { longestDynamicTtlOf, nameServersOf, staticAddressesOf } from './zone-data.ts';

test('a master file is read with everything that RFC 1035 and BIND let one write', () => {
  const { zone, problems } = read(`
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
"q"	CLASS1 a 192.0.2.3
s	HTTPS 1 . alpn="h2,h3" port=8443
big	TYPE65280 \\# 2 (
	01
	02 )
low	TYPE1 \\# 4 C0000201`);
  assert.deepEqual(problems, []);
  assert.deepEqual(lines(zone), [
    'example.com. 3600 SOA ns1.example.com. hostmaster.example.com. 2024010101 3600 600 604800 60',
    'example.com. 3600 NS ns1.example.com.',
    'example.com. 3600 NS ns2.Other.Test.',
    'ns1.example.com. 3600 A 192.0.2.1',
    'ns1.example.com. 300 AAAA 2001:db8::1',
    'www.example.com. 60 CNAME example.com.',
    'txt.example.com. 3600 TXT "one; two" "three" "a \\"quote\\"" ";" "(" ")"',
    '*.sub.example.com. 3600 A 192.0.2.2',
    '*.a\\.b.example.com. 3600 MX 10 .',
    'q.example.com. 3600 A 192.0.2.3',
    's.example.com. 3600 HTTPS 1 . alpn="h2,h3" port=8443',
    'big.example.com. 3600 TYPE65280 \\# 2 0102',
    'low.example.com. 3600 A 192.0.2.1',
  ]);
});

test('all errors of a file are reported at once, each at its place', () => {
  const text = [
    '$TTL abc',
    '$FOO other.zone',
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
    'www 300 IN 60 A 192.0.2.1',
    'www 300 IN IN A 192.0.2.1',
    'www 300 LUA A "\\1"',
    'mx 300 MX ( 10',
  ].join('\n');
  assert.equal(read(text).zone, undefined);
  assert.deepEqual(problemsOf(text), [
    'example.com.zone:1:6: error: TTL "abc" is not a time: expected one such as 300, 5m or 1h30m, below 2^31 seconds',
    'example.com.zone:2:1: error: "$FOO" is not known: expected $ORIGIN, $TTL, $INCLUDE or $GENERATE',
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
    'example.com.zone:16:12: error: "60" is not a record type: expected one such as A, AAAA, CNAME or TYPE65280',
    'example.com.zone:17:12: error: "IN" is not a record type: expected one such as A, AAAA, CNAME or TYPE65280',
    'example.com.zone:18:16: error: a backslash must be followed by a character or three digits',
    'example.com.zone:19:11: error: "(" is never closed: expected ")"',
    'example.com.zone:19:13: error: MX: the data ends where a name is expected',
  ]);
});

test('columns count characters, also after text that is not ASCII', () => {
  assert.deepEqual(problemsOf(`${head}tüt 300 TXT "😀é" "open`), [
    'example.com.zone:3:18: error: the quoted string is not closed: expected " on the same line',
  ]);
});

test('a file of another format gives a hundred errors and the number of the others', () => {
  const problems = problemsOf(`${head}${'{ "no": "zone" }\n'.repeat(shownLimit + 7)}`);
  assert.equal(problems.length, shownLimit + 1);
  assert.match(
    problems.at(-1) ?? '',
    /^example\.com\.zone:109:\d+: error: 7 more errors in this file, the last one here$/,
  );
});

test('without $TTL the first SOA gives its minimum, and later records the last TTL stated', () => {
  const { zone } = read('@ SOA a. b. 1 1h 10m 1d 77\n@ NS ns.test.\na 5 A 192.0.2.1\nb A 192.0.2.2');
  assert.deepEqual(
    lines(zone).map((line) => line.split(' ')[1]),
    ['77', '77', '5', '5'],
  );
  assert.deepEqual(problemsOf('a A 192.0.2.1\n@ SOA a. b. 1 1h 10m 1d 77\n@ NS ns.test.'), [
    'example.com.zone:1:3: error: the record has no TTL: expected one before the type, or $TTL above',
  ]);
});

test('lines may end as on any system, the last one may have no end', () => {
  const text = `${head}txt 300 TXT ( "a" ; comment\n  "b" )\na 300 A 192.0.2.1`;
  for (const end of ['\n', '\r\n', '\r']) {
    const { zone, problems } = read(text.replaceAll('\n', end));
    assert.deepEqual(problems, []);
    assert.deepEqual(lines(zone).slice(2), ['txt.example.com. 300 TXT "a" "b"', 'a.example.com. 300 A 192.0.2.1']);
  }
});

test('a byte order mark and a zero octet are refused where they stand', () => {
  assert.deepEqual(problemsOf(`\ufeff${head}`), [
    'example.com.zone:1:1: error: the file begins with a byte order mark: expected none',
  ]);
  assert.deepEqual(problemsOf(`${head}a 300 TXT b\0c`), [
    'example.com.zone:3:12: error: the file has a zero octet: expected plain text',
  ]);
});

test('the apex is where the SOA stands, whatever the file is called', () => {
  const apex = (text: string): string => formatName(read(text).zone?.apex ?? name('wrong.'));
  assert.equal(apex(`$ORIGIN other.test.\n${head}`), 'other.test.');
  assert.equal(apex(`other.test. 300 SOA a. b. 1 3600 600 86400 60\n${head}`), 'example.com.');
});

test('data of other zones is left out with one warning for each name, as in BIND', () => {
  const { zone, problems } = read(
    `${head}www.other. 300 A 192.0.2.1\n 300 A 192.0.2.2\nxexample.com. 300 A 192.0.2.3\na 300 A 192.0.2.4`,
  );
  assert.deepEqual(problems.map(formatZoneProblem), [
    'example.com.zone:3:16: warning: "www.other." is outside the zone and left out: expected a name at or below example.com.',
    'example.com.zone:5:19: warning: "xexample.com." is outside the zone and left out: expected a name at or below example.com.',
  ]);
  assert.deepEqual(lines(zone).slice(2), ['a.example.com. 300 A 192.0.2.4']);
  assert.equal(zone?.records.names.idOf(name('www.other.')), 0xffff_ffff);
});

test('records that are written twice are one, names in them without regard to case', () => {
  const many = Array.from({ length: 40 }, (_, index) => `m 300 MX ${index % 20} ${index < 20 ? 'a' : 'A'}.test.\n`);
  const { zone, problems } = read(
    `${head}a 300 A 192.0.2.1\na 300 A 192.0.2.1\nt 300 TXT a\nt 300 TXT A\n${many.join('')}`,
  );
  assert.deepEqual(problems, []);
  const written = lines(zone);
  assert.deepEqual(written.slice(2, 5), [
    'a.example.com. 300 A 192.0.2.1',
    't.example.com. 300 TXT "a"',
    't.example.com. 300 TXT "A"',
  ]);
  assert.equal(written.length, 25);
});

test('a message that repeats a long token is cut', () => {
  const [problem] = problemsOf(`${head}a 300 A ${'9'.repeat(100_000)}`);
  assert.match(problem ?? '', /^example\.com\.zone:3:9: error: A: "9{400,}…$/);
  assert.ok((problem ?? '').length < 600);
});

test('LUA code reaches the compiler unescaped, and a fault is placed inside the file', () => {
  const sources: DynamicSource[] = [];
  const compile: DynamicCompiler = (source) => {
    sources.push(source);
    return refuse({ message: 'wrong', offset: source.code.indexOf('BAD') });
  };
  const { problems } = read(`${head}www 30 LUA A ( "say(\\"a\\", "\n   "BAD)" )\n`, { compile });
  assert.equal(sources[0]?.code, 'say("a", BAD)');
  assert.deepEqual(sources[0].position, { file: 'example.com.zone', line: 3, column: 17 });
  assert.equal(formatName(sources[0].owner), 'www.example.com.');
  assert.equal(formatName(sources[0].zone), 'example.com.');
  assert.deepEqual(problems.map(formatZoneProblem), ['example.com.zone:4:5: error: LUA: wrong']);
});

test('snippets of a zone reach the compiler with each of its records, and are no answers', () => {
  const sources: DynamicSource[] = [];
  const compile: DynamicCompiler = (source) => {
    sources.push(source);
    return succeed({ type: source.type, evaluate: () => ({ kind: 'failure', reason: 'none' }) });
  };
  const { zone, problems } = read(`${head}conf 900 LUA LUA "a = 1"\nwww 30 LUA A "a"\n`, { compile });
  assert.deepEqual(problems, []);
  const [own, other] = sources.map(({ snippets }) => snippets);
  assert.deepEqual(
    own?.map(({ owner, code }) => [formatName(owner), code]),
    [['conf.example.com.', 'a = 1']],
  );
  assert.equal(other, own, 'one array for all');
  assert.ok(zone !== undefined);
  assert.equal(longestDynamicTtlOf(zone), 30);
});

test('a release learns the name servers, their addresses and the longest TTL that follows health (R25)', () => {
  const record = { type: 1, evaluate: () => ({ kind: 'failure', reason: 'none' }) as const };
  const { zone } = read(
    `${head}@ 300 NS n\nn 300 AAAA 2001:db8::1\nn 300 A 192.0.2.1\na 30 LUA A "x"\nb 90 LUA A "x"\nb 80 LUA A "y"\nc 3600 A 192.0.2.1`,
    { compile: () => succeed(record) },
  );
  assert.ok(zone !== undefined);
  assert.equal(longestDynamicTtlOf(zone), 80);
  assert.deepEqual(nameServersOf(zone).map(formatName), ['ns1.test.', 'n.example.com.']);
  assert.deepEqual(staticAddressesOf(zone, name('N.example.com.')), ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(staticAddressesOf(zone, name('ns1.test.')), []);
  assert.deepEqual(staticAddressesOf(zone, name('a.example.com.')), []);
  const plain = read(head).zone;
  assert.equal(plain === undefined ? undefined : longestDynamicTtlOf(plain), 0);
});

/** Text that is much like a zone, so that it gets beyond the first token. */
const likeZone = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '$ORIGIN ',
          '$TTL ',
          '$INCLUDE ',
          '$GENERATE ',
          '1-3',
          ' A ',
          ' AAAA ',
          ' NS ',
          ' CNAME ',
          ' MX ',
          ' TXT ',
          ' SOA ',
        ],
        ...[
          ' LUA ',
          ' DNAME ',
          ' SRV ',
          ' DS ',
          ' HTTPS ',
          ' IN ',
          '300 ',
          '10 ',
          '@',
          '*',
          '.',
          '$',
          '${0,2,n}',
          '\\#',
          '\\',
          '"',
          '(',
        ],
        ...[
          ')',
          ';',
          '\n',
          '\r\n',
          '\n ',
          '\t',
          'a',
          'sub',
          'ns.sub',
          'example.com.',
          '192.0.2.1',
          '2001:db8::1',
          '\u00e9',
          '\ufeff',
        ],
        head,
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

test('any text gives a zone or errors, never neither, and ends', () => {
  const include = (file: string): ReturnType<typeof succeed<{ file: string; text: string }>> =>
    succeed({ file, text: `$INCLUDE ${file}a\n${head}` });
  fc.assert(
    fc.property(
      fc.oneof(
        likeZone,
        likeZone.map((text) => head + text),
      ),
      (text) => {
        const { zone, problems } = read(text, { include });
        const hasErrors = problems.some(({ severity }) => severity === 'error');
        assert.equal(zone === undefined, hasErrors);
        for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
        if (zone === undefined) return;
        assert.equal(zone.records.names.idOf(zone.apex), zone.apexId);
        assert.ok(problemsOf(lines(zone).join('\n')).every((problem) => !problem.includes(' error: ')));
      },
    ),
    { numRuns: 400 },
  );
});

test('a zone that is written out is read as the same', () => {
  const label = fc.string({
    unit: fc.constantFrom('a', 'B', '-', '.', '*', ' ', '"', ';', '\\', '$', '@', '\u0001', '\u007f'),
    minLength: 1,
    maxLength: 5,
  });
  const owner = fc.array(label, { minLength: 1, maxLength: 3 });
  const escape = (text: string): string =>
    Array.from(Buffer.from(text), (byte) => `\\${String(byte).padStart(3, '0')}`).join('');
  const record = fc.record({
    owner,
    ttlSeconds: fc.integer({ min: 0, max: 0x7fff_ffff }),
    data: fc.oneof(
      fc.ipV4().map((address) => `A ${address}`),
      fc.ipV6().map((address) => `AAAA ${address}`),
      owner.map((target) => `PTR ${target.map(escape).join('.')}`),
      fc.tuple(fc.nat(65_535), label).map(([preference, target]) => `MX ${preference} ${escape(target)}`),
      fc
        .array(label, { minLength: 1, maxLength: 4 })
        .map((strings) => `TXT ${strings.map((text) => `"${escape(text)}"`).join(' ')}`),
    ),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const text = records.map((one) => `${one.owner.map(escape).join('.')} ${one.ttlSeconds} ${one.data}\n`).join('');
      const first = lines(read(`${head}${text}`).zone);
      assert.deepEqual(lines(read(first.join('\n')).zone), first);
    }),
  );
});

test('a zone is read whole, whatever its first lines make one expect of its length', () => {
  const records = Array.from({ length: 3000 }, (_, index) => `n${index} A 192.0.${index >> 8}.${index & 0xff}`);
  const long = `; ${'-'.repeat(1 << 16)}\n`;
  for (const text of [long + head + records.join('\n'), `${'\n'.repeat(1 << 16)}${head}${records.join('\n')}`]) {
    const { zone, problems } = read(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      lines(zone).slice(-3000),
      records.map((line) => line.replace(/^(\S+) /, '$1.example.com. 300 ')),
    );
  }
});
