import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseType, recordType, typeName } from './constants.ts';
import { formatName, measureName } from './name.ts';
import type { Name } from './name.ts';
import { origin, powerDnsCases, rdataCases, serviceCases, tokens } from './rdata-cases.fixture.ts';
import { expandRdata, formatRdata, parseRdata, targetOf } from './rdata.ts';
import { parseTtl } from './ttl.ts';

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
    ['A', '\\#', 1, /ends where a length/],
    ['A', '\\# 4 c0000 20', 3, /cut short/],
    ['MX', '\\# 4 000ac000', 2, /not valid data/],
    ['SOA', 'a. b. 4294967296 1 600 1d 60', 2, /not a number from 0 to 4294967295/],
  ];
  for (const [type, text, token, message] of rows) {
    const parsed = parseRdata(parseType(type) ?? 0, tokens(text), origin);
    assert.ok(!parsed.ok, `${type} ${text}`);
    assert.equal(parsed.fault.token, token, `${type} ${text}`);
    assert.match(parsed.fault.message, message);
  }
});

test('a compressed name has no place in record data outside a message', () => {
  const pointsIntoItself = Uint8Array.of(0x00, 0x0a, 0xc0, 0x00);
  assert.equal(formatRdata(recordType.MX, pointsIntoItself), '\\# 4 000ac000');
});

const allCases = [...rdataCases, ...serviceCases, ...powerDnsCases];
const exampleSuffix = '076578616d706c6503636f6d00';
const compressibleTypes = new Set(
  'NS CNAME SOA MB MG MR PTR MINFO MX RP AFSDB RT SIG PX NAPTR SRV ALIAS'.split(' ').map((text) => parseType(text)),
);

test('compressed names are expanded in the types that RFC 3597 §4 lists, and refused in the others', () => {
  const tried = new Set<number>();
  for (const { type, typeText, octets } of allCases) {
    if (!octets.endsWith(exampleSuffix)) continue;
    tried.add(type);
    const compressed = octets.replace(new RegExp(`${exampleSuffix}$`), 'c002');
    const message = Buffer.from(`ffff${exampleSuffix}${compressed}ff`, 'hex');
    const span = { offset: 2 + exampleSuffix.length / 2, length: compressed.length / 2 };
    const expanded = expandRdata(type, message, span);
    assert.equal(
      expanded === undefined ? undefined : hex(expanded),
      compressibleTypes.has(type) ? octets : undefined,
      typeText,
    );
  }
  for (const typeText of ['NS', 'SRV', 'ALIAS', 'DNAME', 'SVCB', 'LP'])
    assert.ok(tried.has(parseType(typeText) ?? 0), typeText);
});

/** Octets near those of a case: some replaced, some taken out, some put in. */
const mutant = fc
  .tuple(
    fc.constantFrom(...allCases),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('replace', 'remove', 'insert')), {
      maxLength: 4,
    }),
  )
  .map(([{ type, octets }, edits]) => {
    const bytes = [...Buffer.from(octets, 'hex')];
    for (const [seed, byte, edit] of edits) {
      const at = seed % (bytes.length + 1);
      if (edit === 'insert') bytes.splice(at, 0, byte);
      else if (edit === 'remove') bytes.splice(at, 1);
      else if (at < bytes.length) bytes[at] = byte;
    }
    return { type, octets: Uint8Array.from(bytes) };
  });

test('octets that fit their type are the same in a message, and written as text that reads back to them', () => {
  fc.assert(
    fc.property(mutant, fc.uint8Array({ maxLength: 20 }), ({ type, octets }, around) => {
      const expanded = expandRdata(type, octets);
      // What is longer expanded has a pointer into itself, which only a message may have.
      if (expanded?.length !== octets.length) return;
      assert.deepEqual(expanded, octets);
      const message = Uint8Array.from([...around, ...octets, ...around]);
      const inMessage = expandRdata(type, message, { offset: around.length, length: octets.length });
      assert.deepEqual(inMessage, octets);
      const text = formatRdata(type, octets);
      assert.ok(!text.startsWith('\\#') || typeName(type).startsWith('TYPE'), `${typeName(type)} ${text}`);
      const parsed = parseRdata(type, tokens(text));
      assert.ok(parsed.ok, `${typeName(type)} ${text}`);
      assert.deepEqual(parsed.value, octets, text);
      const target = targetOf(type, octets);
      assert.ok(target < 0 || measureName(octets, target, octets.length) > 0);
    }),
    { numRuns: 20_000 },
  );
});

test('any octets as data of any type have a text that reads back to them or says why not, and never throw', () => {
  const types = fc.oneof(fc.constantFrom(...allCases.map(({ type }) => type)), fc.nat({ max: 0xffff }));
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 70 }), (type, octets, offset) => {
      expandRdata(type, octets, { offset, length: octets.length - offset });
      const parsed = parseRdata(type, tokens(formatRdata(type, octets)));
      if (parsed.ok) assert.deepEqual(parsed.value, octets);
      else assert.match(parsed.fault.message, /not valid data/);
    }),
    { numRuns: 10_000 },
  );
});

test('any words as data of any type give octets that fit it, or a fault', () => {
  const word = fc.oneof(
    fc.constantFrom(...allCases.flatMap(({ text }) => text.split(' '))),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...allCases), fc.array(word, { maxLength: 8 }), (example, words) => {
      const parsed = parseRdata(example.type, tokens(words.join(' ')), origin);
      if (parsed.ok) assert.deepEqual(expandRdata(example.type, parsed.value), parsed.value);
      else assert.ok(parsed.fault.token >= 0 && parsed.fault.message !== '');
    }),
    { numRuns: 10_000 },
  );
});

test('the name that data leads to is where its type has it', () => {
  const rows: [type: string, text: string, target: string | undefined][] = [
    ['NS', 'x.', 'x.'],
    ['CNAME', 'x.', 'x.'],
    ['DNAME', 'x.', 'x.'],
    ['PTR', 'x.', 'x.'],
    ['ALIAS', 'x.', 'x.'],
    ['MX', '1 x.', 'x.'],
    ['KX', '1 x.', 'x.'],
    ['AFSDB', '1 x.', 'x.'],
    ['RT', '1 x.', 'x.'],
    ['LP', '1 x.', 'x.'],
    ['SRV', '1 2 3 x.', 'x.'],
    ['SVCB', '1 x. port=1', 'x.'],
    ['HTTPS', '0 .', '.'],
    ['NAPTR', '1 2 u "" "!^.*$!a!" x.', 'x.'],
    ['A', '192.0.2.1', undefined],
    ['SOA', 'a. b. 1 2 3 4 5', undefined],
    ['TXT', 'x.', undefined],
  ];
  for (const [typeText, text, target] of rows) {
    const type = parseType(typeText) ?? 0;
    const parsed = parseRdata(type, tokens(text));
    assert.ok(parsed.ok, typeText);
    const at = targetOf(type, parsed.value);
    const length = at < 0 ? 0 : measureName(parsed.value, at, parsed.value.length);
    assert.equal(at < 0 ? undefined : formatName(parsed.value.subarray(at, at + length) as Name), target, typeText);
  }
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
