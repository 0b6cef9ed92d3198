import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ipBytes, parseIp } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { MonoMs } from '#base/time.ts';
import { LatencyAverages } from './averages.ts';
import type { RoundTrip } from './averages.ts';
import { agentLatenciesSchema, measurementLifeMs } from './report.ts';

const at = (ms: number): MonoMs => ms as MonoMs;
const octets = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));
const from = (text: string, ...rtts: readonly number[]): readonly RoundTrip[] =>
  rtts.map((rttMs) => ({ address: octets(text), rttMs }));

test('a network has the median of its connections, and moves by three tenths of each later one', () => {
  const averages = new LatencyAverages({ maxNetworks: 10, weight: 10 });
  averages.take([...from('192.0.2.1', 10, 30), ...from('192.0.2.200', 500)], at(0));
  assert.deepEqual(averages.entries(at(0)), [{ network: '192.0.2.0/24', rttMs: 30, weight: 30, ageSeconds: 0 }]);
  averages.take(from('192.0.2.7', 40), at(10_000));
  assert.equal(averages.entries(at(10_000))[0]?.rttMs, 33);
});

test('IPv6 counts by /48, and an IPv4-mapped address as its IPv4', () => {
  const averages = new LatencyAverages({ maxNetworks: 10, weight: 1 });
  averages.take([...from('2001:db8:1:2::3', 1), ...from('::ffff:192.0.2.1', 2), ...from('192.0.2.2', 2)], at(0));
  const entries = averages.entries(at(0)).map(({ network, weight }) => [network, weight]);
  assert.deepEqual(entries, [
    ['192.0.2.0/24', 2],
    ['2001:db8:1::/48', 1],
  ]);
});

test('a network without connections keeps its average, ages, and is forgotten after fifteen minutes', () => {
  const averages = new LatencyAverages({ maxNetworks: 10, weight: 10 });
  averages.take(from('192.0.2.1', 20, 20), at(0));
  averages.take([], at(10_500));
  assert.deepEqual(averages.entries(at(10_500)), [{ network: '192.0.2.0/24', rttMs: 20, weight: 18, ageSeconds: 10 }]);
  assert.equal(averages.entries(at(measurementLifeMs - 1)).length, 1);
  assert.equal(averages.entries(at(measurementLifeMs)).length, 0);
});

test('beyond the bound the networks with the most connections stay', () => {
  const averages = new LatencyAverages({ maxNetworks: 2, weight: 1 });
  averages.take([...from('192.0.2.1', 1), ...from('198.51.100.1', 1, 1, 1), ...from('203.0.113.1', 1, 1)], at(0));
  assert.deepEqual(
    averages.entries(at(0)).map(({ network }) => network),
    ['198.51.100.0/24', '203.0.113.0/24'],
  );
});

test('whatever is measured, a report of it is bounded and valid', () => {
  const roundTrip = fc.record({
    address: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    rttMs: fc.oneof(fc.double(), fc.double({ min: 0, max: 500 })),
  });
  fc.assert(
    fc.property(fc.array(fc.array(roundTrip, { maxLength: 30 }), { maxLength: 8 }), (rounds) => {
      const averages = new LatencyAverages({ maxNetworks: 7, weight: 10 });
      for (const [index, round] of rounds.entries()) averages.take(round, at(index * 10_000));
      const entries = averages.entries(at(rounds.length * 10_000));
      assert.ok(entries.length <= 7);
      assert.deepEqual(agentLatenciesSchema.parse(entries), entries);
    }),
  );
});

test('a list with a fault in it is left out of the report, which is heard all the same', () => {
  const entry = { network: '192.0.2.0/24', rttMs: 20, weight: 10, ageSeconds: 0 };
  assert.deepEqual(agentLatenciesSchema.parse([{ ...entry, later: 1 }]), [entry]);
  assert.equal(agentLatenciesSchema.parse(undefined), undefined);
  for (const fault of [
    { network: '192.0.2.0/25' },
    { network: '192.0.2.1/24' },
    { network: '2001:db8::/32' },
    { rttMs: -1 },
    { rttMs: 60_001 },
    { weight: 0 },
    { ageSeconds: -1 },
  ]) {
    assert.equal(agentLatenciesSchema.parse([entry, { ...entry, ...fault }]), undefined, JSON.stringify(fault));
  }
  assert.equal(agentLatenciesSchema.parse(Array.from({ length: 2001 }, () => entry)), undefined);
});
