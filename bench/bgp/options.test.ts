import assert from 'node:assert/strict';
import test from 'node:test';
import { readOptions } from './options.ts';

function faultOf(...args: readonly string[]): string {
  const options = readOptions(args);
  assert.ok(!options.ok);
  return options.fault;
}

test('without arguments every daemon takes part in every case', () => {
  const options = readOptions([]);
  assert.ok(options.ok);
  assert.deepEqual(
    options.value.daemons.map(({ name }) => name),
    ['bgp-ts', 'BIRD', 'ExaBGP', 'GoBGP', 'FRR'],
  );
  assert.deepEqual(options.value.cases, ['flips', 'many', 'sessions']);
  assert.deepEqual([options.value.lines, options.value.pauseMs], [50, 50]);
});

test('daemons and cases are chosen by name, in whatever case', () => {
  const options = readOptions(['--daemons', 'bird,BGP-TS', '--cases', 'many', '--rounds', '2']);
  assert.ok(options.ok);
  assert.deepEqual(
    options.value.daemons.map(({ name }) => name),
    ['bgp-ts', 'BIRD'],
  );
  assert.deepEqual([options.value.cases, options.value.rounds], [['many'], 2]);
});

test('what is unknown is told with what is known', () => {
  assert.match(faultOf('--daemons', 'quagga'), /"quagga" is not one of: bgp-ts, BIRD/);
  assert.match(faultOf('--cases', ''), /"" is not one of: flips/);
  assert.match(faultOf('--pause', '0.5'), /--pause 0.5 is not a whole number/);
  assert.match(faultOf('--rounds', '0'), /--rounds 0 is not a whole number/);
  assert.match(faultOf('--speed', '1'), /speed/);
});
