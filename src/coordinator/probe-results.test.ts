import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import test from 'node:test';
import { defineCheck } from '#health/check.ts';
import type { ProbeFinding } from '#health/engine.ts';
import type { IpAddress } from '#base/ip.ts';
import { ProbeResults } from './probe-results.ts';

function finding(port: number): ProbeFinding {
  const address = '192.0.2.1' as IpAddress;
  const timing = { intervalMs: 1000, timeoutMs: 1000, rise: 1, fall: 1 };
  return { check: defineCheck({ what: { kind: 'tcp' }, address, port, ...timing }).id, passed: true, reason: '' };
}

test('the first result is handed on at once, those that come while a long step rests come together', async () => {
  const steps: (readonly ProbeFinding[])[] = [];
  const told = new EventEmitter();
  let nowMs = 0;
  const feed = (batch: readonly ProbeFinding[]): void => {
    steps.push(batch);
    nowMs += 5;
    told.emit('step');
  };
  const results = new ProbeResults(feed, () => nowMs);
  const [first, ...others] = [1, 2, 3, 4].map(finding);
  assert.ok(first !== undefined);
  results.add(first);
  assert.deepEqual(steps, [[first]]);
  for (const other of others) results.add(other);
  assert.equal(steps.length, 1);
  await once(told, 'step');
  assert.deepEqual(steps, [[first], others]);
  results.stop();
});

test('nothing is handed on after the end', async () => {
  const steps: (readonly ProbeFinding[])[] = [];
  const results = new ProbeResults((batch) => steps.push(batch));
  results.add(finding(1));
  results.add(finding(2));
  results.stop();
  results.add(finding(3));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(steps.flat().every(({ check }) => !check.includes(':3,')));
});
