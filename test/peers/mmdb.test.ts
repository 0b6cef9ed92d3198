/** Real mmdblookup (libmaxminddb) against our reader: the same values and networks at random addresses of many files. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatIp, ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { defaultDatabaseUrl } from '#geo/default-database.ts';
import { openMmdb } from '#geo/mmdb.ts';
import type { MmdbFile } from '#geo/mmdb.ts';
import { isMmdbList, isMmdbMap } from '#geo/mmdb-data.ts';
import type { MmdbValue } from '#geo/mmdb-data.ts';
import { buildMmdb } from '#geo/mmdb.fixture.ts';

const run = promisify(execFile);
const install = 'mmdblookup is missing: apt-get install -y mmdb-bin';
const isMissing = spawnSync('mmdblookup', ['--version']).error !== undefined;
if (isMissing && process.env['CI'] === 'true') throw new Error(install);
const options = { skip: isMissing ? install : false, timeout: 120_000 };

const folder = fileURLToPath(new URL('../../../shared/vectors/mmdb/', import.meta.url));
const vectors = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.mmdb')) : [];
const noVectors = vectors.length > 0 ? false : 'no vectors here: ../shared/vectors/mmdb beside the project';

/** What mmdblookup prints of an address: the value without spaces, and the length of the network. */
async function theirs(path: string, address: string): Promise<string> {
  const found = run('mmdblookup', ['--verbose', '--file', path, '--ip', address], { maxBuffer: 1 << 24 });
  const { stdout } = await found.catch((error: unknown) => {
    // It fails where it finds nothing, and says so.
    assert.ok(error instanceof Error && 'stderr' in error, String(error));
    assert.match(String(error.stderr), /Could not find an entry/);
    return { stdout: 'Record prefix length: none' };
  });
  const match = /Record prefix length: (\w+)([^]*)$/.exec(stdout);
  assert.ok(match !== null, stdout);
  return `${match[1] ?? ''} ${squeeze(match[2] ?? '')}`.trim();
}

/** Leaves out spaces outside of strings. */
function squeeze(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('');
}

/** The same of our reader. Types are left to mmdblookup: what ours does not tell apart is printed as theirs is. */
function ours(file: MmdbFile, address: string): string {
  const octets = ipBytes(present(parseIp(address), address));
  const { value, length } = file.find(octets);
  if (value === undefined) return 'none';
  const isIpv4InIpv6 = octets.length === 4 && file.metadata.ipVersion === 6;
  return `${isIpv4InIpv6 ? length + 96 : length} ${print(file.decode(value))}`;
}

function print(value: MmdbValue): string {
  if (isMmdbMap(value)) return `{${[...value].map(([key, item]) => `"${key}":${print(item)}`).join('')}}`;
  if (isMmdbList(value)) return `[${value.map(print).join('')}]`;
  if (typeof value === 'string') return `"${value}"`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex').toUpperCase();
  return value === Infinity ? 'inf' : String(value);
}

/** Their print without types, numbers as ours: floating-point ones in six places, 128-bit ones in hexadecimal. */
function comparable(text: string): string {
  return text
    .replaceAll(/ ?<(?:utf8_string|bytes|boolean|uint16|uint32|uint64|int32)>/g, '')
    .replaceAll(/inf <(?:double|float)>/g, 'inf')
    .replaceAll(/(-?[\d.]+) <(?:double|float)>/g, (_, digits: string) => String(Number(digits)))
    .replaceAll(/0x([0-9A-F]+) <uint128>/g, (_, digits: string) => String(BigInt(`0x${digits}`)));
}

/** Our print with numbers as theirs. */
function rounded(text: string): string {
  return text.replaceAll(/(?<=[:[\]"])-?\d+\.\d+(?:e-\d+)?/g, (digits) => String(Number(Number(digits).toFixed(6))));
}

/** Addresses at random and beside the edges of random networks of a file. */
function addressesOf(file: MmdbFile, prng: Prng, count: number): string[] {
  const firsts: string[] = [];
  const note = (first: Uint32Array, value: number | undefined): void => {
    // Most of a small file is unknown.
    if (value === undefined && prng.below(10) > 0) return;
    firsts.push(formatIp(Uint8Array.from([...first].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]))));
  };
  file.walkIpv4(note);
  if (file.metadata.ipVersion === 6) file.walkIpv6([{ words: [0, 0, 0, 0], length: 96 }], note);
  return Array.from({ length: count }, (_, index) => {
    const octets = ipBytes(present(parseIp(firsts[prng.below(firsts.length)] ?? ''), 'an address'));
    if (index % 3 > 0) octets[octets.length - 1] = (octets[octets.length - 1] ?? 0) ^ prng.below(256);
    if (index % 3 > 1) octets[prng.below(octets.length)] = prng.below(256);
    return formatIp(octets);
  });
}

async function compare(path: string, count: number): Promise<void> {
  const opened = openMmdb(readFileSync(path), path);
  assert.ok(opened.ok, opened.ok ? '' : opened.fault);
  const addresses = addressesOf(opened.value, createPrng(1), count);
  let known = 0;
  for (let at = 0; at < addresses.length; at += 4) {
    const answers = addresses.slice(at, at + 4).map(async (address) => {
      const expected = comparable(await theirs(path, address));
      assert.equal(rounded(ours(opened.value, address)), expected, `${path} ${address}`);
      if (expected !== 'none') known++;
    });
    await Promise.all(answers);
  }
  assert.ok(known > count / 10, `${known} of ${count} addresses are known in ${path}`);
}

const prefix = (text: string): IpPrefix => present(parsePrefix(text), text);

for (const recordBits of [24, 28, 32] as const) {
  test(
    `a file of our own with records of ${recordBits} bits is read as mmdblookup reads it`,
    options,
    async (context) => {
      const path = mkdtempSync(join(tmpdir(), 'fairlead-mmdb-'));
      context.after(() => rmSync(path, { recursive: true }));
      const file = join(path, 'test.mmdb');
      const value = { list: [1, 'é', true, 2n ** 70n, 9n], nested: { deep: [{ a: -1.5 }] }, text: 'x'.repeat(400) };
      const networks = [
        [prefix('10.0.0.0/8'), value],
        [prefix('10.7.0.0/17'), { country_code: 'DE' }],
        [prefix('2001:db8::/33'), { country_code: 'FR' }],
      ] as const;
      writeFileSync(file, buildMmdb({ networks, recordBits, aliases: [prefix('2002::/16')] }));
      await compare(file, 30);
    },
  );
}

for (const name of vectors) {
  test(`${name} is read as mmdblookup reads it`, options, () => compare(join(folder, name), 45));
}

test('the default database is read as mmdblookup reads it', options, () =>
  compare(fileURLToPath(defaultDatabaseUrl()), 120),
);

test('whatever mmdblookup cannot read is refused', { ...options, skip: options.skip || noVectors }, async () => {
  for (const name of readdirSync(join(folder, 'bad'))) {
    const opened = openMmdb(readFileSync(join(folder, 'bad', name)), name);
    assert.ok(!opened.ok, name);
  }
  const [odd = ''] = readdirSync(join(folder, 'odd'));
  const path = join(folder, 'odd', odd);
  const opened = openMmdb(readFileSync(path), odd);
  assert.ok(opened.ok);
  assert.equal(ours(opened.value, '1.1.1.1'), comparable(await theirs(path, '1.1.1.1')));
});
