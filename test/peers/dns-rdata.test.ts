/** Real named-compilezone (bind9-utils) against our record data: it reads the same text to the same octets. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { parseType, recordType } from '#dns/wire/constants.ts';
import { measureName } from '#dns/wire/name.ts';
import { origin, rdataCases, serviceCases, tokens } from '#dns/wire/rdata-cases.fixture.ts';
import type { RdataCase } from '#dns/wire/rdata-cases.fixture.ts';
import { formatRdata, parseRdata } from '#dns/wire/rdata.ts';

const run = promisify(execFile);
const install = 'named-compilezone is missing: apt-get install -y bind9-utils';
const isMissing = spawnSync('named-compilezone', ['-v']).error !== undefined;
if (isMissing && process.env['CI'] === 'true') throw new Error(install);
const options = { skip: isMissing ? install : false, timeout: 60_000 };

const head = `$TTL 300
$ORIGIN example.com.
@ NS ns1
ns1 A 127.0.0.1
`;
const soa = '@ SOA a. b. 4294967295 1h 600 1d 60\n';

/** Has BIND read a zone and write it in one of its formats. */
async function compile(context: TestContext, zone: string, format: 'raw' | 'text'): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-rdata-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const [source, target] = [join(directory, 'source'), join(directory, 'target')];
  writeFileSync(source, zone);
  const checks = ['-k', 'ignore', '-i', 'none', '-n', 'ignore', '-r', 'ignore', '-m', 'ignore'];
  const style = ['-s', 'full', '-f', 'text', '-F', format, '-o', target];
  await run('named-compilezone', [...checks, ...style, 'example.com', source]);
  return readFileSync(target);
}

/** A zone with one record at `r0`, `r1` … for each text. */
function zoneOf(cases: readonly RdataCase[], textOf: (one: RdataCase) => string): string {
  return head + soa + cases.map((one, index) => `r${index} ${one.typeText} ${textOf(one)}\n`).join('');
}

/** Record data in hexadecimal by the first label of its owner, out of BIND's raw format: version 1, of BIND 9.9 on. */
function readRaw(raw: Buffer): ReadonlyMap<string, string> {
  assert.equal(raw.readUInt32BE(0), 2, 'the format is raw');
  assert.equal(raw.readUInt32BE(4), 1, 'the version is 1');
  const found = new Map<string, string>();
  for (let at = 24; at < raw.length;) {
    const count = raw.readUInt32BE(at + 14);
    const nameAt = at + 20;
    const label = raw.toString('latin1', nameAt + 1, nameAt + 1 + (raw[nameAt] ?? 0));
    let dataAt = nameAt + measureName(raw, nameAt, raw.length);
    assert.equal(dataAt, nameAt + raw.readUInt16BE(at + 18));
    for (let index = 0; index < count; index++) {
      const length = raw.readUInt16BE(dataAt);
      found.set(label, raw.toString('hex', dataAt + 2, dataAt + 2 + length));
      dataAt += 2 + length;
    }
    at = dataAt;
  }
  return found;
}

// The apex has the only SOA that a zone may have.
const cases = [...rdataCases, ...serviceCases].filter(({ type }) => type !== recordType.SOA);
/** What BIND 9.18 does not know by name yet. */
const isTooNew = ({ written }: RdataCase): boolean => written.includes('ohttp') || written.includes('dohpath');

test('BIND reads the text of each type to the octets that we read it to', options, async (context) => {
  const found = readRaw(
    await compile(
      context,
      zoneOf(cases, ({ text }) => text),
      'raw',
    ),
  );
  for (const [index, { type, typeText, text }] of cases.entries()) {
    const parsed = parseRdata(type, tokens(text), origin);
    assert.ok(parsed.ok, text);
    assert.equal(Buffer.from(parsed.value).toString('hex'), found.get(`r${index}`), `${typeText} ${text}`);
  }
});

test('BIND reads what we write to the octets that we wrote', options, async (context) => {
  const known = cases.filter((one) => !isTooNew(one));
  const write = ({ type, octets }: RdataCase): string => formatRdata(type, Buffer.from(octets, 'hex'));
  const found = readRaw(await compile(context, zoneOf(known, write), 'raw'));
  for (const [index, { typeText, text, octets }] of known.entries()) {
    assert.equal(found.get(`r${index}`), octets, `${typeText} ${text}`);
  }
});

test('we read what BIND writes to the octets that it has', options, async (context) => {
  const written = (
    await compile(
      context,
      zoneOf(cases, ({ text }) => text),
      'text',
    )
  ).toString('latin1');
  const tried = new Set<number>();
  for (const line of written.split('\n')) {
    const [, index = ''] = /^r(\d+)\.example\.com\./.exec(line) ?? [];
    const one = cases[Number(index)];
    if (index === '' || one === undefined) continue;
    const [, , , , ...data] = tokens(line);
    const parsed = parseRdata(one.type, data);
    assert.ok(parsed.ok, line);
    assert.equal(Buffer.from(parsed.value).toString('hex'), one.octets, line);
    tried.add(Number(index));
  }
  assert.equal(tried.size, cases.length);
});

/** Texts that both refuse. */
const refused = String.raw`
A 1.2.3
A 192.0.2.01
AAAA 1.2.3.4
MX 10
MX a b
MX 10 a b
MX \# 4 000ac000
TXT
HINFO a
RP a
X25 abc
X25 ""
ISDN a b c
GPOS -32.6882 116.8652
NAPTR 1 2 u a
NAPTR 1 2 u a "!a!" .
NAPTR 1 2 u a "!a!b!x" .
NAPTR 1 2 u a "!a\\!b!" .
NAPTR 1 2 u a "1a1b1" .
LOC 42.5 N 71 W 0
LOC 90 0 0.1 N 71 06 18 W -24m 30m
LOC 42 21 54.1234 N 71 06 18 W -24m
LOC 42 21 54 N 71 06 60 W -24
LOC 42 21 54 N 71 06 18 W -24m 90000001m
LOC \# 16 0002161389172dd070be15f000988d20
APL 1.2.3.4/24
APL 1:1.2.3.4/33
APL 3:aa/2
CAA 0 is-sue "a"
CAA 256 issue "a"
CAA 0 issue
URI 1 2
CERT X509 1 8 AQID
DNSKEY 256 3 8
DNSKEY 256 3 8 AQ
DNSKEY 256 3 8 AR==
DNSKEY 256 3 8 AQ== AQ==
DS 1 8 2 AABB
DS 1 8 99 A
CDS 1 8 1 AABB
CDS 0 0 0 0
SSHFP 1 1 AABB
SSHFP 1 2 AABB
TLSA 3 1 1
SMIMEA 3 0 0 AQ
OPENPGPKEY
ZONEMD 1 1 1 AABB
ZONEMD 1 1 240 AABB
RRSIG A 8 3 1h 20380119031408 20370119031407 1 . AQID
RRSIG A 8 3 1 20030229173103 0 1 . AQID
RRSIG A 8 3 1 0 0 1 .
NSEC a
NSEC \# 4 00000100
NSEC \# 6 000002400000
NSEC3 1 0 0 - - A
NSEC3 1 0 0 - 2T A
NSEC3PARAM 1 0 0 --
CSYNC 1 3 NONE
IPSECKEY 10 0 2 foo AQNR
AMTRELAY 10 0 4 aa
HIP 2 AA AQ rvs. a
L32 10 10.1.02.0
NID 10 0014:4fff::ee64
EUI48 00:00:5e:00:53:2a
TALINK a
SVCB 65536 .
SVCB 1 . h2
SVCB 1 . "alpn=h2"
SVCB 1 . ALPN=h2
SVCB 1 . key01=a
SVCB 1 . alpn
SVCB 1 . alpn=""
SVCB 1 . alpn=h2,,h3
SVCB 1 . alpn=h2\
SVCB 1 . key1=""
SVCB 1 . key1=h2 alpn=h3
SVCB 1 . no-default-alpn
SVCB 1 . no-default-alpn=abc alpn=h2
SVCB 1 . port
SVCB 1 . port=65536
SVCB 1 . ipv4hint=""
SVCB 1 . ipv4hint=1.2.3
SVCB 1 . ipv6hint=1.2.3.4
SVCB 1 . ech=A
SVCB 1 . dohpath=q{?dns}
SVCB 1 . dohpath=/q
SVCB 1 . mandatory
SVCB 1 . mandatory=mandatory
SVCB 1 . mandatory=key123
SVCB 1 . mandatory=key123,key123 key123=abc
SVCB 1 . key123=abc key123=def
SVCB \# 7 00010000020000
SVCB \# 9 000100000000020001
SVCB \# 7 00000000030000
`;

/** Where we differ, and why: what is accepted by only one of both. */
const differences = String.raw`
ours URI 1 2 http://example.com/
theirs URI 1 2 ""
theirs EUI48 0-00-5e-00-53-2a
ours LOC 42 n 71 w 0
ours NAPTR 1 2 u a "!a(!b!" .
ours SVCB 1 . ohttp
ours SVCB 1 . port="\053\051"
theirs LOC \# 16 0112161389172dd070be15f000988d20
`;

function judgeOurs(record: string): boolean {
  const [typeToken, ...data] = tokens(record);
  const type = parseType(typeToken?.text ?? '');
  assert.ok(type !== undefined, record);
  return parseRdata(type, data, origin).ok;
}

async function judgeTheirs(context: TestContext, record: string): Promise<boolean> {
  return compile(context, `${head}${soa}r0 ${record}\n`, 'text').then(
    () => true,
    () => false,
  );
}

test('BIND refuses what we refuse, but for what is listed', options, async (context) => {
  for (const record of refused.trim().split('\n')) {
    assert.equal(judgeOurs(record), false, `ours: ${record}`);
    assert.equal(await judgeTheirs(context, record), false, `theirs: ${record}`);
  }
  for (const line of differences.trim().split('\n')) {
    const [who = '', record = ''] = line.split(/ (.*)/);
    assert.equal(judgeOurs(record), who === 'ours', `ours: ${record}`);
    assert.equal(await judgeTheirs(context, record), who === 'theirs', `theirs: ${record}`);
  }
});
