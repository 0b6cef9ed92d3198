import assert from 'node:assert/strict';
import test from 'node:test';
import { readOptions } from './options.ts';

test('without arguments everything is measured, nine rounds', () => {
  const options = readOptions([]);
  assert.ok(options.ok);
  const { cases, hasLoad, edns, servers, rounds, threads } = options.value;
  assert.deepEqual(
    { cases: cases.map(({ name }) => name), hasLoad, edns, servers, rounds, threads },
    {
      cases: ['static', 'names', 'nxdomain', 'million', 'ifportup', 'multi', 'weighted', 'geo', 'steered'],
      hasLoad: true,
      edns: [false, true],
      servers: undefined,
      rounds: 9,
      threads: 1,
    },
  );
});

test('a short run is asked for by cases, servers, rounds and seconds', () => {
  const options = readOptions('--cases static --servers fairlead,nsd --rounds 1 --seconds 3 --edns no'.split(' '));
  assert.ok(options.ok);
  const { cases, hasLoad, edns, servers, rounds, seconds } = options.value;
  assert.deepEqual(
    { cases: cases.map(({ name }) => name), hasLoad, edns, servers, rounds, seconds },
    { cases: ['static'], hasLoad: false, edns: [false], servers: ['fairlead', 'nsd'], rounds: 1, seconds: 3 },
  );
});

for (const [argument, pattern] of [
  ['--cases=statics', /^--cases: no case "statics"$/],
  ['--edns=maybe', /^--edns: got "maybe", expected both, yes or no$/],
  ['--rounds=0', /^--rounds: got "0", expected a whole number from 1$/],
  ['--servers=bind9', /^--servers: no server "bind9"$/],
  ['--wrong', /--wrong/],
] as const) {
  test(`${argument} is refused`, () => {
    const options = readOptions([argument]);
    assert.ok(!options.ok);
    assert.match(options.fault, pattern);
  });
}
