import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { HealthTarget } from '#lua/health.ts';
import { WantedTargets } from './wanted-targets.ts';

function target(address: string): HealthTarget {
  const timing = { intervalMs: 1000, timeoutMs: 1000, rise: 1, fall: 1 };
  return { what: { kind: 'tcp' }, address: address as IpAddress, port: 80, onlyProbe: false, ...timing };
}

function gathering(context: TestContext): { readonly wanted: WantedTargets; readonly told: string[][] } {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[][] = [];
  const wanted = new WantedTargets((targets) => told.push(targets.map(({ address }) => address)));
  return { wanted, told };
}

test('what threads want at one time is told once, and later with all that was wanted before', (context) => {
  const { wanted, told } = gathering(context);
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) wanted.add(target(address));
  context.mock.timers.tick(100);
  wanted.add(target('192.0.2.1'));
  context.mock.timers.tick(100);
  wanted.add(target('192.0.2.3'));
  context.mock.timers.tick(100);
  assert.deepEqual(told, [
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  ]);
});

test('what a release before wanted is forgotten', (context) => {
  const { wanted, told } = gathering(context);
  wanted.add(target('192.0.2.1'));
  wanted.clear();
  context.mock.timers.tick(100);
  wanted.add(target('192.0.2.2'));
  context.mock.timers.tick(100);
  assert.deepEqual(told, [['192.0.2.2']]);
});
