import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ipBytes, parseIp } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { CookieJar } from './cookies.ts';
import type { CookieVerdict } from './cookies.ts';

const hexBytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'hex'));
const addressOf = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));

function judge(jar: CookieJar, option: Uint8Array, address: Uint8Array, unixSeconds: number): CookieVerdict {
  // In the middle of other octets, as an option in a message is.
  const message = new Uint8Array(option.length + 20).fill(0x5a);
  message.set(option, 7);
  return jar.judge(message, 7, 7 + option.length, address, unixSeconds);
}

function write(jar: CookieJar, clientCookie: Uint8Array, address: Uint8Array, unixSeconds: number): string {
  const out = new Uint8Array(30).fill(0x5a);
  jar.write(clientCookie, 0, address, unixSeconds, out, 3);
  assert.deepEqual([...out.subarray(0, 3), ...out.subarray(27)], Array(6).fill(0x5a));
  return Buffer.from(out.subarray(3, 27)).toString('hex');
}

const secret = hexBytes('e5e973e5a6b2a43f48e7dc849e37bfcf');
const client = addressOf('198.51.100.100');
const jar = new CookieJar([secret]);
const issuedAt = 1559731985;
const issued = hexBytes('2464c4abcf10c957010000005cf79f111f8130c3eee29480');

test('RFC 9018 A.1: a client cookie alone gets a server cookie', () => {
  const query = hexBytes('2464c4abcf10c957');
  assert.equal(judge(jar, query, client, issuedAt), 'clientOnly');
  assert.equal(write(jar, query, client, issuedAt), '2464c4abcf10c957010000005cf79f111f8130c3eee29480');
});

test('RFC 9018 A.2: forty minutes later the same client gets a fresh one', () => {
  assert.equal(judge(jar, issued, client, 1559734385), 'renew');
  assert.equal(write(jar, issued, client, 1559734385), '2464c4abcf10c957010000005cf7a871d4a564a1442aca77');
});

test('RFC 9018 A.3: reserved octets that are set are hashed as they came, and are zero in the fresh cookie', () => {
  const query = hexBytes('fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5');
  const other = addressOf('203.0.113.203');
  assert.equal(judge(jar, query, other, 1559727985), 'valid');
  // The example's reply comes 1 h 52 min after the cookie was made, which §4.3 calls too old.
  assert.equal(judge(jar, query, other, 1559734700), 'bad');
  assert.equal(write(jar, query, other, 1559734700), 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e');
});

test('RFC 9018 A.4: over IPv6, a cookie of the secret before is renewed with the new one', () => {
  const old = hexBytes('dd3bdf9344b678b185a6f5cb60fca715');
  const rolled = new CookieJar([hexBytes('445536bcd2513298075a5d379663c962'), old]);
  const query = hexBytes('22681ab97d52c298010000005cf7c57926556bd0934c72f8');
  const address = addressOf('2001:db8:220:1:59de:d0f4:8769:82b8');
  assert.equal(judge(new CookieJar([old]), query, address, 1559741817), 'valid');
  assert.equal(judge(rolled, query, address, 1559741961), 'renew');
  assert.equal(write(rolled, query, address, 1559741961), '22681ab97d52c298010000005cf7c609a6bb79d16625507a');
});

const ages: readonly (readonly [string, number, CookieVerdict])[] = [
  ['just made', 0, 'valid'],
  ['half an hour old', 1800, 'valid'],
  ['older than half an hour', 1801, 'renew'],
  ['an hour old', 3600, 'renew'],
  ['older than an hour', 3601, 'bad'],
  ['five minutes ahead', -300, 'valid'],
  ['further ahead', -301, 'bad'],
  ['half the clock away', 2 ** 31, 'bad'],
  ['a whole turn of the clock away', 2 ** 32, 'valid'],
];
for (const [what, ageSeconds, verdict] of ages) {
  test(`a cookie that is ${what} is ${verdict}`, () => {
    assert.equal(judge(jar, issued, client, issuedAt + ageSeconds), verdict);
  });
}

test('a cookie made before the timestamp wraps is valid after it', () => {
  const before = 2 ** 32 - 100;
  const made = hexBytes(write(jar, issued, client, before));
  assert.deepEqual(made.subarray(12, 16), hexBytes('ffffff9c'));
  assert.equal(judge(jar, made, client, before + 300), 'valid');
  assert.equal(judge(jar, made, client, 200), 'valid');
  assert.equal(judge(jar, made, client, before + 3601), 'bad');
});

test('the length of an option decides before anything else', () => {
  for (let length = 0; length <= 60; length++) {
    const option = new Uint8Array(length);
    option.set(issued.subarray(0, Math.min(length, 24)));
    const isPossible = length === 8 || (length >= 16 && length <= 40);
    const expected = length === 8 ? 'clientOnly' : length === 24 ? 'valid' : isPossible ? 'bad' : 'malformed';
    assert.equal(judge(jar, option, client, issuedAt), expected, `${length} octets`);
  }
});

test('a cookie is bound to each of its octets, its client and its secret', () => {
  for (let at = 0; at < 24; at++) {
    for (const bit of [1, 0x80]) {
      const changed = issued.slice();
      changed[at] = (changed[at] ?? 0) ^ bit;
      assert.equal(judge(jar, changed, client, issuedAt), 'bad', `octet ${at}`);
    }
  }
  assert.equal(judge(jar, issued, addressOf('198.51.100.101'), issuedAt), 'bad');
  assert.equal(judge(jar, issued, addressOf('::ffff:198.51.100.100'), issuedAt), 'bad');
  assert.equal(judge(new CookieJar([new Uint8Array(16)]), issued, client, issuedAt), 'bad');
});

test('a cookie of any later secret is taken and renewed', () => {
  const others = [1, 2, 3].map((fill) => new Uint8Array(16).fill(fill));
  for (const position of [1, 2, 3]) {
    const secrets = others.toSpliced(position, 0, secret);
    assert.equal(judge(new CookieJar(secrets), issued, client, issuedAt), 'renew', `position ${position}`);
  }
  assert.equal(judge(new CookieJar([secret, ...others]), issued, client, issuedAt), 'valid');
});

test('a cookie may be written over the one that was read', () => {
  const bytes = new Uint8Array(40);
  bytes.set(issued, 2);
  jar.write(bytes, 2, client, 1559734385, bytes, 5);
  assert.equal(Buffer.from(bytes.subarray(5, 29)).toString('hex'), '2464c4abcf10c957010000005cf7a871d4a564a1442aca77');
});

test('a jar without a secret, or with one of another length, is refused', () => {
  assert.throws(() => new CookieJar([]), /at least one secret/);
  assert.throws(() => new CookieJar([secret, new Uint8Array(32)]), /16 octets/);
});

test('what any jar writes for any client and time is valid there and then, and for nobody else', () => {
  const octets = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
  const anyAddress = fc.oneof(octets(4), octets(16));
  fc.assert(
    fc.property(octets(16), octets(8), anyAddress, anyAddress, fc.maxSafeNat(), (key, cookie, from, other, seconds) => {
      const any = new CookieJar([key]);
      const made = hexBytes(write(any, cookie, from, seconds));
      assert.equal(judge(any, made, from, seconds), 'valid');
      assert.equal(judge(any, made, other, seconds), Buffer.compare(from, other) === 0 ? 'valid' : 'bad');
    }),
  );
});

test('any octets get a verdict', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 48 }), fc.double(), (option, seconds) => {
      const verdict = judge(jar, option, client, seconds);
      assert.ok(['malformed', 'clientOnly', 'bad'].includes(verdict), verdict);
    }),
  );
});
