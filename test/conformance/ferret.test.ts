import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.ts';
import { playFerret } from './ferret-run.ts';

const shared = fileURLToPath(new URL('../../../shared/vectors/dns/ferret.jsonl', import.meta.url));
const sample = fileURLToPath(new URL('ferret-sample.jsonl', import.meta.url));
const program = fileURLToPath(new URL('ferret.ts', import.meta.url));
const skip = existsSync(shared) ? false : `the shared cases are not here: ${shared}`;

test('every answer on which at least three of four reference servers agree is ours too', { skip }, () => {
  const { passed, failures } = playFerret('ferret.jsonl', readFileSync(shared, 'utf8'));
  assert.deepEqual(failures.slice(0, 10), []);
  assert.equal(passed, 2525);
});

test('every case written by hand passes', () => {
  const text = readFileSync(sample, 'utf8');
  const { passed, failures } = playFerret('sample', text);
  assert.deepEqual(failures, []);
  assert.equal(passed, text.trimEnd().split('\n').length);
});

const right = {
  zone: 'example. 300 SOA ns.test. admin.test. 1 3600 600 86400 60\nexample. 300 NS ns.test.\nwww.example. 300 A 192.0.2.1\n',
  qname: 'www.example.',
  qtype: 'A',
  rcode: 'NOERROR',
  flags: ['QR', 'AA'],
  answer: ['WWW.example. 300 IN A 192.0.2.1'],
  authority: ['example. 300 IN NS NS.test.'],
  additional: [],
};

test('names compare without regard to case, and the case that the others alter passes', () => {
  assert.deepEqual(playFerret('f', JSON.stringify(right)), { passed: 1, failures: [] });
});

for (const [what, change, pattern] of [
  ['the response code', { rcode: 'NXDOMAIN' }, /rcode: expected NXDOMAIN, got NOERROR/],
  ['a flag', { flags: ['QR'] }, /flags: expected QR, got QR AA/],
  [
    'an address',
    { answer: ['www.example. 300 IN A 192.0.2.2'] },
    /answer:\n +- expected .* 192\.0\.2\.2\n +\+ got .* 192\.0\.2\.1$/,
  ],
  ['a TTL', { answer: ['www.example. 299 IN A 192.0.2.1'] }, /- expected www\.example\. 299 /],
  ['a record too few', { authority: [] }, /authority:\n +\+ got example\. 300 IN NS ns\.test\.$/],
  ['a record too many', { additional: ['x. 1 IN A 192.0.2.3'] }, /additional:\n +- expected x\. 1 IN A 192\.0\.2\.3$/],
] as const) {
  test(`a case that differs in ${what} fails and says so`, () => {
    const { passed, failures } = playFerret('f', JSON.stringify({ ...right, ...change }));
    assert.equal(passed, 0);
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', pattern);
  });
}

for (const [what, line, pattern] of [
  ['no JSON', '{"zone":', /^f:1: malformed: /],
  ['a key missing', JSON.stringify({ ...right, zone: undefined }), /^f:1: malformed: zone: /],
  ['a type that does not exist', JSON.stringify({ ...right, qtype: 'WRONG' }), /^f:1: malformed: qtype: "WRONG"/],
  ['a flag that does not exist', JSON.stringify({ ...right, flags: ['XX'] }), /^f:1: malformed: flags: "XX"/],
  ['a record that cannot be read', JSON.stringify({ ...right, answer: ['x. A'] }), /^f:1: malformed: answer\[0\]: /],
  [
    'a zone that does not load',
    JSON.stringify({ ...right, zone: 'a. 1 A x' }),
    /^f:1: .*\n +the zone does not load:\n/,
  ],
] as const) {
  test(`a line with ${what} is a failure that says where`, () => {
    const { passed, failures } = playFerret('f', line);
    assert.equal(passed, 0);
    assert.match(failures[0] ?? '', pattern);
  });
}

test('the command passes on a good file and fails on one without cases', async () => {
  const good = await runCommand([program, sample]);
  assert.equal(good.code, 0);
  assert.match(good.output, /^\d+ passed, 0 failed\n$/);
  const none = await runCommand([program, '/dev/null']);
  assert.deepEqual(none, { code: 1, output: '0 passed, 0 failed\n' });
});
