import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { maxTtlSeconds, parseType, recordType } from '../wire/constants.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { parseName } from '../wire/name.ts';
import { parseRdata } from '../wire/rdata.ts';
import { parseTtl } from '../wire/ttl.ts';
import { EntryScanner } from './entry-scanner.ts';
import { OwnerScanner, scanName } from './name-scanner.ts';
import { plainTtl, plainType } from './plain-head.ts';
import { plainRdata } from './plain-rdata.ts';
import { name } from './read-zone.fixture.ts';

const origin = name('Example.com.');
const target = new Uint8Array(0x1_0000);

function scan(text: string): EntryScanner {
  const tokens = new EntryScanner(new TextEncoder().encode(text), () => undefined);
  tokens.next();
  return tokens;
}

/** Plain data as hexadecimal; undefined where `parseRdata` has to do it. */
function plain(type: number, text: string): string | undefined {
  const length = plainRdata(type, scan(text), 0, origin, target);
  return length === 0 ? undefined : Buffer.from(target.subarray(0, length)).toString('hex');
}

test('plain data has the wire form of its RFC', () => {
  const { A, AAAA, NS, MX, SRV, TXT } = recordType;
  assert.equal(plain(A, '192.0.2.1'), 'c0000201');
  assert.equal(
    plain(AAAA, '2001:db8::a:0:1'),
    '20010db80000000000000000000a00000001'.slice(0, 16) + '0000000a00000001',
  );
  assert.equal(plain(AAAA, '::'), '0'.repeat(32));
  assert.equal(plain(AAAA, '1:2:3:4:5:6:7::'), '00010002000300040005000600070000');
  assert.equal(plain(NS, 'a'), '0161074578616d706c6503636f6d00');
  assert.equal(plain(NS, '@'), '074578616d706c6503636f6d00');
  assert.equal(plain(MX, '258 .'), '010200');
  assert.equal(plain(SRV, '1 2 65535 b.'), '00010002ffff016200');
  assert.equal(plain(TXT, 'a "b c" ""'), '01610362206300');
});

test('what is not plain is left to the parser of all data', () => {
  const { A, AAAA, NS, MX, TXT } = recordType;
  const rows: [number, string][] = [
    ...['1.2.3', '1.2.3.4.5', '1.2.3.04', '1.2.3.256', '1.2.3.4.', '.1.2.3', '\\# 4 00000000', '1.2.3.4 5', ''].map(
      (text): [number, string] => [A, text],
    ),
    ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8::', '12345::', '::1.2.3.4', '1:', ':1', '::g'].map(
      (text): [number, string] => [AAAA, text],
    ),
    ...['a..b', '.a', 'a\\.b', `${'a'.repeat(64)}.`, '""'].map((text): [number, string] => [NS, text]),
    ...['65536 a', 'x a', '10', '000010 a'].map((text): [number, string] => [MX, text]),
    ...['\\# 1 00', 'a\\b', 'a'.repeat(256)].map((text): [number, string] => [TXT, text]),
    [recordType.SOA, 'a b 1 1 1 1 1'],
  ];
  for (const [type, text] of rows) assert.equal(plain(type, text), undefined, text);
});

/** Words that are data of some type, or nearly so. */
const word = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
  fc.nat(99_999).map(String),
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '5', 'a', 'f', 'g', ':', ':', '.', '.', '@', '*', '\\', 'é'),
    maxLength: 12,
  }),
  fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 230, maxLength: 260 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '.'), maxLength: 300 }).map((text) => `"${text}"`),
);

test('plain data equals what the parser of all data gives', () => {
  const { A, AAAA, NS, CNAME, PTR, MX, SRV, TXT } = recordType;
  const types = fc.constantFrom(A, AAAA, NS, CNAME, PTR, MX, SRV, TXT);
  fc.assert(
    fc.property(types, fc.array(word, { maxLength: 4 }), (type, words) => {
      const text = words.join(' ');
      const found = plain(type, text);
      if (found === undefined) return;
      const tokens = scan(text);
      const parsed = parseRdata(
        type,
        Array.from({ length: tokens.count }, (_, token) => ({
          text: tokens.text(token),
          quoted: tokens.isQuoted(token),
        })),
        origin,
      );
      assert.ok(parsed.ok, text);
      assert.equal(found, Buffer.from(parsed.value).toString('hex'));
    }),
    { numRuns: 2000 },
  );
});

test('addresses and names that are written plainly are read without the parser of all data', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), fc.domain(), (ipv4, ipv6, domain) => {
      assert.ok(plain(recordType.A, ipv4) !== undefined);
      assert.ok(ipv6.includes('.') || plain(recordType.AAAA, ipv6) !== undefined, ipv6);
      assert.ok(domain.length > 200 || plain(recordType.SRV, `0 65535 7 ${domain}`) !== undefined, domain);
      assert.ok(domain.length > 200 || plain(recordType.NS, domain) !== undefined, domain);
    }),
  );
});

test('scanned names equal parsed ones and have the hash of the label index', () => {
  const owners = new OwnerScanner();
  owners.origin = origin;
  const labels = new LabelIndex();
  const text = fc.oneof(
    word.filter((written) => !/["\\ ]/.test(written)),
    fc.constantFrom('@', '.', 'a.', 'A.b.C'),
  );
  fc.assert(
    fc.property(text, (written) => {
      const bytes = new TextEncoder().encode(written);
      const length = scanName(bytes, 0, bytes.length, target, 7, origin);
      const parsed = written === '@' ? { ok: true as const, value: origin } : parseName(written, origin);
      assert.equal(length, parsed.ok ? parsed.value.length : 0);
      assert.equal(owners.scan(bytes, 0, bytes.length), parsed.ok);
      if (!parsed.ok) return;
      assert.deepEqual(target.slice(7, 7 + length), Uint8Array.from(parsed.value));
      labels.scan(parsed.value, 0);
      assert.equal(owners.hash, labels.hashes[0]);
      owners.take(parsed.value);
      assert.equal(owners.hash, labels.hashes[0]);
    }),
    { numRuns: 1000 },
  );
});

test('plain types and times equal what their parsers give', () => {
  const text = fc.oneof(
    fc.constantFrom('a', 'Ns', 'MX', 'ptr', 'TXT', 'aaaa', 'CName', 'CNAMES', 'CNAM', 'SOA', '!', 'N3', 'm8'),
    fc.string({ maxLength: 5 }),
    fc.nat().map(String),
    fc.constantFrom(String(maxTtlSeconds), String(maxTtlSeconds + 1), '00000000001', '1h'),
  );
  fc.assert(
    fc.property(text, (written) => {
      const bytes = new TextEncoder().encode(written);
      const type = plainType(bytes, 0, bytes.length);
      if (type !== 0) assert.equal(type, parseType(written));
      const seconds = plainTtl(bytes, 0, bytes.length);
      if (seconds >= 0) assert.equal(seconds, parseTtl(written));
    }),
    { numRuns: 1000 },
  );
  assert.equal(plainType(new TextEncoder().encode('cname'), 0, 5), recordType.CNAME);
  assert.equal(plainTtl(new TextEncoder().encode(String(maxTtlSeconds)), 0, 10), maxTtlSeconds);
});
