import assert from 'node:assert/strict';
import test from 'node:test';
import { parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { networkKey } from '#health/latency/network.ts';
import { emptyLatencyTable, encodeLatencyTable, LatencyTable } from '#health/latency/table.ts';
import { clientAt, geoOf, namesOf, policyOf, siteMember, World } from './policy.fixture.ts';
import type { PolicyStep } from './model.ts';

const fra = siteMember('fra', 1, { location: { latitude: 50.1, longitude: 8.7 } });
const iad = siteMember('iad', 2, { location: { latitude: 38.9, longitude: -77.4 } });
const sin = siteMember('sin', 3, { location: { latitude: 1.35, longitude: 103.8 } });
const germany = { latitude: 51, longitude: 10 };
const places = geoOf({ '203.0.113.0/24': germany, '198.51.100.0/26': germany });

/** Round trips by network and site, in milliseconds. */
type RoundTrips = Readonly<Record<string, Readonly<Record<string, number>>>>;

function tableOf(networks: RoundTrips): SharedArrayBuffer {
  return encodeLatencyTable(
    Object.entries(networks).map(([text, sites]) => {
      const prefix = present(parsePrefix(text), text);
      const measured = Object.entries(sites).map(([site, rttMs]) => ({ site, rttMs, keyMs: rttMs }));
      return { prefix, key: networkKey(prefix), sites: measured };
    }),
  );
}

function worldOf(networks: RoundTrips, steps: readonly PolicyStep[] = [{ kind: 'latency', bias: new Map() }]): World {
  return new World([policyOf([fra, iad, sin], steps)], { geo: places, latency: new LatencyTable(tableOf(networks)) });
}

test('measured round trips order, and a site that was not measured comes after those, by distance', () => {
  const world = worldOf({ '203.0.113.0/24': { sin: 20, iad: 90 } });
  assert.deepEqual(world.answered('203.0.113.7'), ['sin']);
  world.set({ 'www/sin': { answerable: false } });
  assert.deepEqual(world.answered('203.0.113.7'), ['iad']);
  world.set({ 'www/iad': { answerable: false } });
  assert.deepEqual(world.answered('203.0.113.7'), ['fra']);
});

test('a network that one site alone was measured from is led by distance, and so not kept by that site', () => {
  assert.deepEqual(worldOf({ '203.0.113.0/24': { sin: 300 } }).answered('203.0.113.7'), ['fra']);
});

test('the order is that of the keys, which hold it over noise, while the round trips are told', () => {
  const prefix = present(parsePrefix('203.0.113.0/24'), 'a prefix');
  const sites = [
    { site: 'sin', rttMs: 21, keyMs: 19 },
    { site: 'fra', rttMs: 20, keyMs: 20 },
  ];
  const table = new LatencyTable(encodeLatencyTable([{ prefix, key: networkKey(prefix), sites }]));
  const policy = policyOf([fra, iad, sin], [{ kind: 'latency', bias: new Map() }]);
  const told = new World([policy], { geo: places, latency: table }).explain('203.0.113.7');
  assert.deepEqual(namesOf(told), ['sin']);
  assert.equal(
    told.steps.find(({ step }) => step === 'www latency')?.text,
    'fra, iad, sin → sin, fra, iad: by measured round trips, then by distance: fra 20.0 ms, sin 21.0 ms',
  );
});

test('a bias makes a site seem nearer or farther than it was measured', () => {
  const networks = { '203.0.113.0/24': { sin: 20, iad: 90 } };
  const biased = (sinBias: number): readonly string[] =>
    worldOf(networks, [{ kind: 'latency', bias: new Map([['sin', sinBias]]) }]).answered('203.0.113.7');
  assert.deepEqual(biased(-70), ['sin']);
  assert.deepEqual(biased(-80), ['iad']);
});

test('a table that is replaced counts from the next query on, whatever sites it has', () => {
  const table = new LatencyTable(emptyLatencyTable());
  const policy = policyOf([fra, iad, sin], [{ kind: 'latency', bias: new Map() }]);
  const steering = new World([policy], { geo: places, latency: table }).steering();
  const answered = (): readonly string[] => namesOf(steering.explain(clientAt('203.0.113.7')));
  assert.deepEqual(answered(), ['fra']);
  table.replace(tableOf({ '203.0.113.0/24': { iad: 9, sin: 10 } }));
  assert.deepEqual(answered(), ['iad']);
  table.replace(tableOf({ '203.0.113.0/24': { ams: 1, fra: 30, iad: 20, sin: 10 } }));
  assert.deepEqual(answered(), ['sin']);
  table.replace(emptyLatencyTable());
  assert.deepEqual(answered(), ['fra']);
});

test('R15: the scope is the length of measured networks whether or not anything is measured, or what places need', () => {
  const scopeOf = (world: World, from: string): unknown => {
    const { answer } = world.explain(from);
    return answer.kind === 'records' && answer.scopeBits;
  };
  for (const world of [
    worldOf({}),
    worldOf({ '10.0.0.0/24': { fra: 1, iad: 2 }, '10.1.0.0/16': { fra: 1, iad: 2 } }),
  ]) {
    assert.equal(scopeOf(world, '10.0.0.1'), 24);
    assert.equal(scopeOf(world, '10.1.0.1'), 24);
    assert.equal(scopeOf(world, '198.51.100.1'), 26);
    assert.equal(scopeOf(world, '2001:db8::1'), 48);
  }
});

test('a client that is neither measured nor placed is drawn by weight', () => {
  const world = worldOf({ '203.0.113.0/24': { sin: 20, iad: 90 } });
  world.set({ 'www/iad': { weight: 0 }, 'www/sin': { weight: 0 } });
  const { steps } = world.explain('10.0.0.1');
  assert.match(steps.find(({ step }) => step === 'www latency')?.text ?? '', /not measured, of no known place: drawn/);
  assert.deepEqual(world.answered('10.0.0.1'), ['fra']);
});
