import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseType, recordType, typeName } from './constants.ts';
import { parseName } from './name.ts';
import type { Name } from './name.ts';
import { expandRdata, formatRdata, parseRdata } from './rdata.ts';
import type { RdataToken } from './rdata-fields.ts';
import { parseTtl } from './ttl.ts';

const parsedOrigin = parseName('example.com.');
assert.ok(parsedOrigin.ok);
const origin: Name = parsedOrigin.value;

/** Words by blank space; a word in quotes is a quoted token. */
function tokens(text: string): RdataToken[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, word]) =>
    quoted === undefined ? { text: word ?? '', quoted: false } : { text: quoted, quoted: true },
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('record data has the octets that its RFC draws', () => {
  const rows: [type: string, text: string, octets: string][] = [
    ['A', '192.0.2.1', 'c0000201'],
    ['AAAA', '2001:db8::1', '20010db8000000000000000000000001'],
    ['NS', 'ns1', '036e7331 076578616d706c65 03636f6d 00'],
    ['CNAME', '@', '076578616d706c65 03636f6d 00'],
    ['PTR', 'host.', '04686f7374 00'],
    ['DNAME', '.', '00'],
    ['MX', '10 mail.', '000a 046d61696c 00'],
    ['TXT', '"a b" c', '03612062 0163'],
    ['TXT', '""', '00'],
    ['TXT', '"say \\"hi\\" \\233"', '0a 7361792022686922 20e9'],
    ['SRV', '1 2 5060 sip.', '0001 0002 13c4 03736970 00'],
    ['CAA', '128 issue "ca.example"', '80 05 6973737565 63612e6578616d706c65'],
    ['HINFO', 'a b', '0161 0162'],
    ['SOA', 'a. b. 1 1h 600 1d 60', '016100 016200 00000001 00000e10 00000258 00015180 0000003c'],
    ['TYPE65280', '\\# 3 010203', '010203'],
    ['A', '\\# 4 C0 000201', 'c0000201'],
  ];
  for (const [type, text, octets] of rows) {
    const parsed = parseRdata(parseType(type) ?? 0, tokens(text), origin);
    assert.ok(parsed.ok, `${type} ${text}`);
    assert.equal(hex(parsed.value), octets.replaceAll(' ', ''), `${type} ${text}`);
  }
});

test('wrong record data is refused with the token that is wrong', () => {
  const rows: [type: string, text: string, token: number, message: RegExp][] = [
    ['A', '192.0.2.256', 0, /"192\.0\.2\.256" is not an IPv4 address/],
    ['A', '2001:db8::1', 0, /not an IPv4 address/],
    ['A', '', 0, /ends where an IPv4 address is expected/],
    ['A', '192.0.2.1 192.0.2.2', 1, /"192\.0\.2\.2" is more than this type takes/],
    ['AAAA', '192.0.2.1', 0, /not an IPv6 address/],
    ['MX', '65536 mail', 0, /not a number from 0 to 65535/],
    ['MX', '10', 1, /ends where a name is expected/],
    ['NS', 'a..b', 0, /a label must not be empty/],
    ['SOA', 'a. b. 1 1x 600 1d 60', 3, /"1x" is not a time/],
    ['TXT', `"${'a'.repeat(256)}"`, 0, /at most 255 octets/],
    ['TXT', 'a\\', 0, /backslash/],
    ['CAA', '0 is-sue x', 1, /not a tag/],
    ['TYPE65280', 'abc', 0, /\\# LENGTH HEX/],
    ['A', '\\# 3 010203', 2, /not valid data/],
    ['CAA', '\\# 3 000100', 2, /not valid data/],
    ['A', '\\# 5 c0000201', 1, /says 5 octets, the data has 4/],
    ['A', '\\# 4 c00002zz', 2, /not hexadecimal/],
  ];
  for (const [type, text, token, message] of rows) {
    const parsed = parseRdata(parseType(type) ?? 0, tokens(text), origin);
    assert.ok(!parsed.ok, `${type} ${text}`);
    assert.equal(parsed.fault.token, token, `${type} ${text}`);
    assert.match(parsed.fault.message, message);
  }
});

const typesWithLayout = [
  recordType.A,
  recordType.AAAA,
  recordType.NS,
  recordType.MX,
  recordType.TXT,
  recordType.SRV,
  recordType.CAA,
  recordType.HINFO,
  recordType.SOA,
  65_280,
];

test('any octets are written as text that reads back to the same octets', () => {
  fc.assert(
    fc.property(fc.constantFrom(...typesWithLayout), fc.uint8Array({ maxLength: 60 }), (type, octets) => {
      const expanded = expandRdata(type, octets);
      const text = formatRdata(type, octets);
      const parsed = parseRdata(type, tokens(text), origin);
      // Octets that do not fit the type are written in the general form, which then says so. A compressed name has no
      // place outside a message.
      if (expanded?.length !== octets.length) return;
      assert.ok(parsed.ok, `${typeName(type)} ${text}`);
      assert.deepEqual(parsed.value, octets);
    }),
    { numRuns: 1000 },
  );
});

test('times take seconds and units, below 2^31', () => {
  const rows: [text: string, seconds: number | undefined][] = [
    ['0', 0],
    ['300', 300],
    ['1h30m', 5400],
    ['1W2D', 777_600],
    ['2147483647', 2_147_483_647],
    ['2147483648', undefined],
    ['1h30', undefined],
    ['-1', undefined],
    ['', undefined],
    ['1y', undefined],
  ];
  for (const [text, seconds] of rows) assert.equal(parseTtl(text), seconds, text);
});

test('types are read by name and number, and an unknown one is written by number', () => {
  assert.equal(parseType('aaaa'), 28);
  assert.equal(parseType('TYPE257'), 257);
  assert.equal(parseType('TYPE65536'), undefined);
  assert.equal(parseType('NOPE'), undefined);
  assert.equal(typeName(257), 'CAA');
  assert.equal(typeName(65_280), 'TYPE65280');
});
