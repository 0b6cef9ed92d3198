import assert from 'node:assert/strict';
import test from 'node:test';
import { CookieJar } from '#dns/answer/cookies.ts';
import { deriveCookieSecrets, nextCookieSecretsAt, parseCookieSecrets } from './cookie-secrets.ts';

const master = Uint8Array.from(Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex'));
const daySeconds = 86_400;
const hex = (secrets: readonly Uint8Array[]): readonly string[] =>
  secrets.map((secret) => Buffer.from(secret).toString('hex'));

test('a secret is what openssl computes from the same master and period', () => {
  // printf 'fairlead dns cookie\0\0\0\0\0\0\x50\x00' | openssl mac -digest SHA256 -macopt hexkey:0001…1f HMAC
  const secrets = deriveCookieSecrets(master, 0x5000 * daySeconds, daySeconds);
  assert.equal(hex(secrets)[0], '42bcadab888df07d766b87e0fdebc1bd');
});

test('the current period signs, the previous and the next verify', () => {
  const at = (unixSeconds: number): readonly string[] => hex(deriveCookieSecrets(master, unixSeconds, daySeconds));
  const [current, previous, next] = at(100 * daySeconds);
  assert.deepEqual(at(101 * daySeconds - 1), [current, previous, next]);
  assert.deepEqual(at(101 * daySeconds).slice(0, 2), [next, current]);
  assert.deepEqual([at(99 * daySeconds)[0], at(99 * daySeconds)[2]], [previous, current]);
  assert.equal(new Set([current, previous, next]).size, 3);
});

test('across a change, and between sites whose clocks differ, a cookie stays good', () => {
  const change = 101 * daySeconds;
  const before = new CookieJar(deriveCookieSecrets(master, change - 1, daySeconds));
  const after = new CookieJar(deriveCookieSecrets(master, change, daySeconds));
  const client = Uint8Array.of(192, 0, 2, 1);
  const option = new Uint8Array(24);
  before.write(option, 0, client, change - 1, option, 0);
  assert.equal(after.judge(option, 0, 24, client, change + 3599), 'renew');
  after.write(option, 0, client, change, option, 0);
  assert.equal(before.judge(option, 0, 24, client, change - 1), 'renew');
});

test('another master or another period gives other secrets', () => {
  const other = master.with(31, 0);
  const sets = [deriveCookieSecrets(master, 0, daySeconds), deriveCookieSecrets(other, 0, daySeconds)];
  assert.equal(new Set(sets.flatMap(hex)).size, 6);
});

test('the next change is the end of the period', () => {
  assert.equal(nextCookieSecretsAt(0, 3600), 3600);
  assert.equal(nextCookieSecretsAt(3599.9, 3600), 3600);
  assert.equal(nextCookieSecretsAt(3600, 3600), 7200);
});

test('a short master or a period under the life of a cookie is refused', () => {
  assert.throws(() => deriveCookieSecrets(master.subarray(0, 15), 0, daySeconds), /at least 16 octets/);
  for (const period of [0, 3599, 3600.5, Number.NaN]) {
    assert.throws(() => deriveCookieSecrets(master, 0, period), /at least 3600/);
    assert.throws(() => nextCookieSecretsAt(0, period), /at least 3600/);
  }
});

test('a secret file gives its secrets in order, without comments and empty lines', () => {
  const text =
    '# rolled on Monday\r\n\n  E5E973E5A6B2A43F48E7DC849E37BFCF # now\n\tdd3bdf9344b678b185a6f5cb60fca715\n#445536\n';
  const parsed = parseCookieSecrets(text, 'cookies.secret');
  assert.ok(parsed.ok);
  assert.deepEqual(hex(parsed.value), ['e5e973e5a6b2a43f48e7dc849e37bfcf', 'dd3bdf9344b678b185a6f5cb60fca715']);
});

test('every fault of a secret file is named by its place, and no secret is repeated', () => {
  const text = [
    '  e5e973e5a6b2a43f48e7dc849e37bfc',
    'e5e973e5a6b2a43f48e7dc849e37bfcf',
    ' e5e973e5a6g2a43f48e7dc849e37bfcf',
    'dd3bdf9344b678b185a6f5cb60fca715 445536bcd2513298075a5d379663c962',
    'E5E973E5A6B2A43F48E7DC849E37BFCF',
  ].join('\n');
  assert.deepEqual(parseCookieSecrets(text, 'cookies.secret'), {
    ok: false,
    fault: [
      'cookies.secret:1:3: a secret of 31 hex digits, expected 32',
      'cookies.secret:3:12: no hex digit here, expected 32 hex digits and nothing else',
      'cookies.secret:4:33: no hex digit here, expected 32 hex digits and nothing else',
      'cookies.secret:5:1: the same secret as on line 2, expected each once',
    ],
  });
});

test('a file without a secret is refused', () => {
  for (const text of ['', '\n\n', '# later\n']) {
    assert.deepEqual(parseCookieSecrets(text, 'f'), {
      ok: false,
      fault: ['f:1:1: no secret in the file, expected lines of 32 hex digits'],
    });
  }
});
