import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.ts';
import { playExabgp } from './exabgp-run.ts';
import { playRfc7606 } from './rfc7606-run.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const shared = pathOf('../../../shared/vectors/bgp/');
const skip = existsSync(shared) ? false : `the shared vectors are not here: ${shared}`;
const textOf = (path: string): string => readFileSync(path, 'utf8');
const sampleText = textOf(pathOf('rfc7606-sample.json'));
const messages = textOf(pathOf('exabgp-sample.jsonl')).trimEnd().split('\n');

test('every malformed attribute of the shared vectors has the outcome that RFC 7606 wants', { skip }, () => {
  const { passed, failures } = playRfc7606('rfc7606.json', textOf(`${shared}rfc7606.json`));
  assert.deepEqual(failures, []);
  assert.equal(passed, 59);
});

test('every shared message of ExaBGP means what is stated, before and after it is written anew', { skip }, () => {
  const { passed, failures } = playExabgp('exabgp.jsonl', textOf(`${shared}exabgp.jsonl`));
  assert.deepEqual(failures, []);
  assert.equal(passed, 173);
});

test('every malformed attribute that was written by hand has its outcome', () => {
  const { passed, failures } = playRfc7606('sample', sampleText);
  assert.deepEqual(failures, []);
  const cases: unknown = JSON.parse(sampleText);
  assert.ok(Array.isArray(cases) && passed === cases.length);
});

test('every message that was written by hand means what is stated', () => {
  const { passed, failures } = playExabgp('sample', messages.join('\n'));
  assert.deepEqual(failures, []);
  assert.equal(passed, messages.length);
});

const right = {
  name: 'origin-empty',
  attrType: 1,
  flags: 64,
  valueHex: '',
  nextHop: null,
  outcome: { ebgp: 'withdraw', ibgp: 'withdraw' },
  skip: [] as readonly string[],
};

test('an attribute with another outcome fails with both outcomes and the reason, for each sort of peer', () => {
  const wrong = { ...right, outcome: { ebgp: 'discard', ibgp: 'withdraw' } };
  const { passed, failures } = playRfc7606('f', JSON.stringify([wrong]));
  assert.equal(passed, 0);
  assert.deepEqual(failures, [
    [
      'f[0]: origin-empty: attribute 1, flags 0x40, value empty',
      '  ebgp:',
      '    - expected discard',
      '    + got withdraw: attribute has 0 bytes, expected 1',
    ].join('\n'),
  ]);
});

for (const [what, vector, pattern] of [
  ['all sorts of peers skipped', { ...right, skip: ['ebgp', 'ibgp'] }, /no sort of peer is left to judge/],
  ['an unknown sort of peer', { ...right, outcome: { confed: 'withdraw' } }, /confed: unknown, expected ebgp or ibgp/],
  ['a key missing', { ...right, flags: undefined }, /f\[0\]: malformed: /],
  ['hex that is none', { ...right, valueHex: '0' }, /f\[0\]: malformed: /],
] as const) {
  test(`an attribute with ${what} is a failure that says so`, () => {
    const { passed, failures } = playRfc7606('f', JSON.stringify([vector]));
    assert.equal(passed, 0);
    assert.match(failures[0] ?? '', pattern);
  });
}

/** The line of the sample that contains a text, with a part of it replaced. */
function spoiled(find: string, from: string, to: string): string {
  const line = messages.find((candidate) => candidate.includes(find)) ?? '';
  assert.ok(line.includes(from), `${from} in ${line}`);
  return line.replace(from, to);
}

for (const [what, line, pattern] of [
  [
    'a prefix',
    spoiled('198.51.100.1/32', '198.51.100.1/32', '198.51.100.2/32'),
    /- expected that it announces .*\n +\+ got/,
  ],
  ['a next hop', spoiled('"2001:db8::/32"', '"2001:db8::1"', '"2001:db8::2"'), /via 2001:db8::2\n/],
  ['a withdrawal', spoiled('0.0.0.0/0', '0.0.0.0/0', '0.0.0.0/1'), /- expected that it withdraws/],
  ['a path identifier', spoiled('0.0.0.2', '0.0.0.2', '0.0.0.3'), /path 0\.0\.0\.3/],
  ['the AS path', spoiled('4200000001', '4200000001', '4200000002'), /- expected as-path .*4200000002/],
  ['a community', spoiled('[65535, 0]', '[65535, 0]', '[65535, 1]'), /- expected community \[\[65535,1\]/],
  [
    'the last bit of an extended community',
    spoiled('rate-limit:0', '9225060886715039744', '9225060886715039745'),
    /extended-community/,
  ],
  ['an attribute too few', spoiled('"med": 10', '"med": 10, ', ''), /- expected med not there\n +\+ got med 10/],
  ['an attribute too many', spoiled('"med": 10', '"med": 10', '"med": 10, "otc": 1'), /- expected otc 1\n/],
  ['its command', spoiled('med 7', 'med 7', 'med 8'), /- expected med 8\n/],
  ['the family of an End-of-RIB', spoiled('eor ipv6', 'ipv6', 'ipv4'), /- expected End-of-RIB for ipv4 unicast/],
  [
    'half a message',
    spoiled('"ffffffffffffffffffffffffffffffff001304"', '001304"', '001404"'),
    /message length 20 of type 4/,
  ],
  ['a malformed attribute', spoiled('"med": 10', '800404', 'c00404'), /fault: attribute 4 has flags 0xc0/],
  ['no JSON', '{"hex":', /^f:1: malformed: /],
  ['no hex', '{"cmd":null,"hex":"xy","json":null}', /^f:1: malformed: /],
] as const) {
  test(`a message that differs in ${what} fails and says so`, () => {
    const { passed, failures } = playExabgp('f', line);
    assert.equal(passed, 0);
    assert.match(failures[0] ?? '', pattern);
  });
}

test('the commands pass on good files, fail on empty ones, and say what they want', async () => {
  for (const [script, sample, empty] of [
    ['rfc7606.ts', 'rfc7606-sample.json', '/dev/null'],
    ['exabgp.ts', 'exabgp-sample.jsonl', '/dev/null'],
  ] as const) {
    const good = await runCommand([pathOf(script), pathOf(sample)]);
    assert.match(good.output, /^\d+ passed, 0 failed\n$/);
    assert.equal(good.code, 0);
    assert.equal((await runCommand([pathOf(script), empty])).code, 1);
    assert.equal((await runCommand([pathOf(script)])).code, 2);
    assert.equal((await runCommand([pathOf(script), '/nowhere'])).code, 2);
  }
});
