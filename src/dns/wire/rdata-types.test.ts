/** The data of each record type against its RFC; what the house does with types as such is in rdata.test.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseType } from './constants.ts';
import { origin, powerDnsCases, rdataCases, serviceCases, tokens } from './rdata-cases.fixture.ts';
import { layouts } from './rdata-layouts.ts';
import { expandRdata, formatRdata, parseRdata } from './rdata.ts';

const allCases = [...rdataCases, ...serviceCases, ...powerDnsCases];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('every type with a layout has an example', () => {
  const tried = new Set(allCases.map(({ type }) => type));
  assert.deepEqual(
    [...layouts.keys()].filter((type) => !tried.has(type)),
    [parseType('MD'), parseType('MF')],
  );
});

test('the text of each type gives the octets that its RFC draws, and these give the text', () => {
  for (const { type, typeText, text, octets, written, source } of allCases) {
    const where = `${typeText} ${text} ${source}`;
    const parsed = parseRdata(type, tokens(text), origin);
    assert.ok(parsed.ok, `${where}: ${parsed.ok ? '' : parsed.fault.message}`);
    assert.equal(hex(parsed.value), octets, where);
    assert.equal(formatRdata(type, parsed.value), written, where);
    const again = parseRdata(type, tokens(written));
    assert.ok(again.ok && hex(again.value) === octets, where);
    const expanded = expandRdata(type, parsed.value);
    assert.ok(expanded !== undefined && hex(expanded) === octets, where);
  }
});

type Refusal = readonly [type: string, text: string, token: number, message: RegExp];

function assertRefused(rows: readonly Refusal[]): void {
  for (const [type, text, token, message] of rows) {
    const parsed = parseRdata(parseType(type) ?? 0, tokens(text), origin);
    assert.ok(!parsed.ok, `${type} ${text}`);
    assert.match(parsed.fault.message, message, `${type} ${text}`);
    assert.equal(parsed.fault.token, token, `${type} ${text}: ${parsed.fault.message}`);
  }
}

test('data that its type does not allow is refused with the token that is wrong', () => {
  assertRefused([
    ['X25', '31a', 0, /not a string of digits/],
    ['X25', '""', 0, /not a string of digits/],
    ['ISDN', 'a b c', 2, /"c" is more than this type takes/],
    ['GPOS', '1 2', 2, /ends where a string/],
    ['NAPTR', '1 2 u a', 4, /ends where a string/],
    ['NAPTR', '1 2 u a "!a!" .', 4, /not empty or a substitution/],
    ['NAPTR', '1 2 u a "!a!b!x" .', 4, /not empty or a substitution/],
    ['NAPTR', '1 2 u a "!a\\\\!b!" .', 4, /not empty or a substitution/],
    ['NAPTR', '1 2 u a "1a1b1" .', 4, /not empty or a substitution/],
    ['URI', '1 2 ""', 2, /must not be empty/],
    ['URI', '1 2', 2, /ends where a string/],
    ['EUI48', '00:00:5e:00:53:2a', 0, /not an address such as/],
    ['EUI48', '0-00-5e-00-53-2a', 0, /not an address such as/],
    ['NID', '10 0014:4fff::ee64', 1, /not four groups/],
    ['L64', '10 1:2:3:10000', 1, /not four groups/],
    ['APL', '1:192.0.2.0/33', 0, /not a prefix/],
    ['APL', '1:192.0.2.0/24 2:192.0.2.0/24', 1, /not a prefix/],
    ['APL', '3:aa/2', 0, /not a prefix/],
    ['IPSECKEY', '10 0 2 foo AQID', 3, /"foo" is not a dot/],
    ['IPSECKEY', '10 4 2 foo AQID', 1, /not a gateway type/],
    ['IPSECKEY', '10 1 2 2001:db8::1 AQID', 3, /not an IPv4 address/],
    ['AMTRELAY', '10 2 0 .', 1, /not 0 or 1/],
    ['AMTRELAY', '10 0 4 .', 2, /not a gateway type/],
    ['HIP', '2 AA AQ', 2, /not a public key in base64/],
    ['HIP', '2 AA AQID a..b', 3, /not a name/],
    ['DSYNC', 'CDS MAIL 1 .', 1, /not a scheme/],
  ]);
});

test('places outside the earth are refused', () => {
  assertRefused([
    ['LOC', '42.5 N 71 W 0', 0, /whole number of degrees, 0 to 90/],
    ['LOC', '91 N 71 W 0', 0, /0 to 90/],
    ['LOC', '90 0 0.001 N 71 W 0', 2, /within 90 degrees/],
    ['LOC', '42 60 N 71 W 0', 1, /minutes from 0 to below 60, or N or S/],
    ['LOC', '42 1 60 N 71 W 0', 2, /seconds from 0/],
    ['LOC', '42 1 1.0001 N 71 W 0', 2, /seconds from 0/],
    ['LOC', '42 1 1 1 N 71 W 0', 3, /not N or S/],
    ['LOC', '42 E 71 W 0', 1, /or N or S/],
    ['LOC', '42 N 181 W 0', 2, /0 to 180/],
    ['LOC', '42 N 71 W', 4, /ends where an altitude/],
    ['LOC', '42 N 71 W -100000.01', 4, /-100000 to/],
    ['LOC', '42 N 71 W 42849672.96', 4, /to 42849672.95/],
    ['LOC', '42 N 71 W 0 90000000.01m', 5, /a size in metres/],
    ['LOC', '42 N 71 W 0 1 -1', 6, /a horizontal precision/],
    ['LOC', '42 N 71 W 0 1 1 1 1', 8, /more than this type takes/],
    ['LOC', '\\# 16 0112161389172dd070be15f000988d20', 2, /not valid data/],
    ['LOC', '\\# 16 0002161389172dd070be15f000988d20', 2, /not valid data/],
    ['LOC', '\\# 16 001a161389172dd070be15f000988d20', 2, /not valid data/],
    ['LOC', '\\# 16 00121613934fd90170be15f000988d20', 2, /not valid data/],
  ]);
});

test('keys, digests and signatures that are cut short are refused', () => {
  assertRefused([
    ['DNSKEY', '256 3 8', 3, /ends where base64 data/],
    ['DNSKEY', '256 3 8 AQ', 3, /base64 data is cut short/],
    ['DNSKEY', '256 3 8 AR==', 3, /base64 data is cut short/],
    ['DNSKEY', '256 3 8 AQ== AQ==', 4, /"AQ==" is not base64/],
    ['DNSKEY', '256 3 8 A!ID', 3, /"A!ID" is not base64/],
    ['DNSKEY', '256 3 RSA AQID', 2, /not an algorithm/],
    ['DS', '1 8 2 AABB', 3, /has 32 octets, this one has 2/],
    ['CDS', '1 8 1 AABB', 3, /has 20 octets/],
    ['DS', '1 8 99', 3, /ends where a digest/],
    ['DS', '1 8 99 A', 3, /hexadecimal data is cut short/],
    ['DS', '1 8 99 AABG', 3, /"AABG" is not hexadecimal/],
    ['SSHFP', '1 2 AABB', 2, /has 32 octets/],
    ['ZONEMD', '1 1 1 AABB', 3, /has 48 octets/],
    ['ZONEMD', '1 1 240 AABBCCDDEEFF0011223344', 3, /at least 12 octets, this one has 11/],
    ['TLSA', '3 1 1', 3, /ends where hexadecimal data/],
    ['OPENPGPKEY', '', 0, /ends where base64 data/],
    ['RRSIG', 'A 8 3 1 20030229173103 0 1 . AQID', 4, /not a time such as/],
    ['RRSIG', 'A 8 3 1 19691231235959 0 1 . AQID', 4, /1970 to 2106/],
    ['RRSIG', 'A 8 3 1 21060207062816 0 1 . AQID', 4, /1970 to 2106/],
    ['RRSIG', 'A 8 3 1 20260101240000 0 1 . AQID', 4, /not a time/],
    ['RRSIG', 'A 8 3 1 20261301000000 0 1 . AQID', 4, /not a time/],
    ['RRSIG', 'A 8 3 1 4294967296 0 1 . AQID', 4, /not a time/],
    ['RRSIG', 'A 8 3 1 0 0 1 .', 8, /ends where base64/],
    ['RRSIG', 'NONE 8 3 1 0 0 1 . AQID', 0, /not a record type/],
    ['NSEC', 'a', 1, /ends where a record type/],
    ['NSEC', 'a A NONE', 2, /"NONE" is not a record type/],
    ['NSEC3', '1 0 0 - - A', 4, /not a hash in base32hex/],
    ['NSEC3', '1 0 0 - 2T A', 4, /not a hash in base32hex/],
    ['NSEC3', '1 0 0 -- 2t7b4g4vsa5smi47k61mv5bv1a22bojr', 3, /not a salt in hexadecimal/],
    ['CERT', 'X509 1 8 AQID', 0, /not a certificate type/],
  ]);
});

test('type bitmaps of the wire are in order, within bounds and without zeros behind (RFC 4034 §4.1.2)', () => {
  const rows: [bitmap: string, isValid: boolean][] = [
    ['0006400100000003', true],
    ['00014001018001', false],
    ['000140010180', true],
    ['010180000140', false],
    ['000140000180', false],
    ['0000', false],
    ['00024000', false],
    ['0020' + '01'.repeat(32), true],
    ['0021' + '01'.repeat(33), false],
    ['000240', false],
    ['00', false],
    ['', false],
  ];
  for (const [bitmap, isValid] of rows) {
    const octets = Buffer.from(`00${bitmap}`, 'hex');
    assert.equal(expandRdata(parseType('NSEC') ?? 0, octets) !== undefined, isValid, bitmap);
  }
  assert.notEqual(expandRdata(parseType('CSYNC') ?? 0, Buffer.from('000000010000', 'hex')), undefined);
});

test('service parameters that contradict themselves are refused (RFC 9460 appendix D.3)', () => {
  const rows: [text: string, token: number, message: RegExp][] = [
    ['1 foo.example.com. key123=abc key123=def', 3, /key123 is given twice/],
    ['1 foo.example.com. mandatory', 2, /mandatory: expected the keys/],
    ['1 foo.example.com. alpn', 2, /alpn: a protocol has 1 to 255 octets/],
    ['1 foo.example.com. port', 2, /port: expected a number/],
    ['1 foo.example.com. ipv4hint', 2, /ipv4hint: expected IPv4 addresses/],
    ['1 foo.example.com. ipv6hint', 2, /ipv6hint: expected IPv6 addresses/],
    ['1 foo.example.com. no-default-alpn=abc', 2, /no-default-alpn: it has no value/],
    ['1 foo.example.com. mandatory=key123', 2, /mandatory asks for key123, which is missing/],
    ['1 foo.example.com. mandatory=mandatory', 2, /must not name itself/],
    ['1 foo.example.com. mandatory=key123,key123 key123=abc', 2, /key123 is named twice/],
  ];
  assertRefused(
    rows.flatMap(([text, ...rest]) => [['SVCB', text, ...rest] as const, ['HTTPS', text, ...rest] as const]),
  );
});

test('service parameters that are malformed are refused', () => {
  const rows: [text: string, token: number, message: RegExp][] = [
    ['65536 .', 0, /from 0 to 65535/],
    ['1', 1, /ends where a name/],
    ['1 . no-default-alpn', 2, /asks for alpn, which is missing/],
    ['1 . ech=', 2, /ech: it has no value/],
    ['1 . ech=A', 2, /ech: expected base64/],
    ['1 . port=65536', 2, /port: expected a number/],
    ['1 . port=53 key3="\\000\\053"', 3, /port is given twice/],
    ['1 . port=1 mandatory=port,ech', 3, /mandatory asks for ech/],
    ['1 . mandatory=port,', 2, /none of them empty/],
    ['1 . mandatory=none port=1', 2, /"none" is not the key/],
    ['1 . alpn=h2,,h3', 2, /1 to 255 octets/],
    ['1 . alpn=a\\\\b', 2, /a backslash is followed by/],
    ['1 . alpn=a\\\\', 2, /a backslash is followed by/],
    ['1 . alpn=h2\\', 2, /backslash without a character/],
    [`1 . alpn=${'a'.repeat(256)}`, 2, /1 to 255 octets/],
    ['1 . key1=h2', 2, /key1: it is a list of protocols/],
    ['1 . ipv4hint=192.0.2.1,', 2, /none of them empty/],
    ['1 . ipv4hint=2001:db8::1', 2, /not one of a list of IPv4/],
    ['1 . ipv6hint=192.0.2.1', 2, /not one of a list of IPv6/],
    ['1 . dohpath=q{?dns}', 2, /a path with the variable dns/],
    ['1 . dohpath=/q{?name}', 2, /a path with the variable dns/],
    ['1 . dohpath="/\\255{?dns}"', 3, /a path with the variable dns/],
    ['1 . ohttp=1', 2, /ohttp: it has no value/],
    ['1 . ALPN=h2', 2, /not a parameter such as/],
    ['1 . key03=a', 2, /not a parameter such as/],
    ['1 . key65536=a', 2, /not a parameter such as/],
    ['1 . "alpn=h2"', 2, /not a parameter such as/],
    ['1 . h2', 2, /not a parameter such as/],
    [`1 . key9=${'a'.repeat(65_536)}`, 2, /more than 65535 octets/],
    [`1 . port=${'1'.repeat(200_000)}`, 2, /port: expected a number/],
  ];
  assertRefused(rows.map(([text, ...rest]) => ['SVCB', text, ...rest] as const));
});

test('service parameters of the wire are in order, whole and consistent (RFC 9460 §2.2)', () => {
  const rows: [parameters: string, isValid: boolean][] = [
    ['', true],
    ['0003 0002 01bb', true],
    ['0003 0002 01bb 0003 0002 01bb', false],
    ['fde8 0000 0003 0002 01bb', false],
    ['0003 0002 01', false],
    ['0003 00', false],
    ['0003 0003 0001bb', false],
    ['0001 0003 02 6832', true],
    ['0001 0003 03 6832', false],
    ['0001 0004 02 6832 00', false],
    ['0001 0000', false],
    ['0002 0000', false],
    ['0001 0003 02 6832 0002 0001 00', false],
    ['0000 0002 0001', false],
    ['0000 0002 0001 0001 0003 02 6832', true],
    ['0000 0003 000100 0001 0003 02 6832', false],
    ['0000 0004 0003 0001 0001 0003 02 6832 0003 0002 01bb', false],
    ['0000 0002 0000', false],
    ['0004 0005 c000020101', false],
    ['0006 0004 c0000201', false],
  ];
  for (const [parameters, isValid] of rows) {
    const octets = Buffer.from(`0001 00 ${parameters}`.replaceAll(' ', ''), 'hex');
    assert.equal(expandRdata(parseType('SVCB') ?? 0, octets) !== undefined, isValid, parameters);
  }
});
