import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { Decision } from '#decide/decision.ts';
import { defineCheck } from '#health/check.ts';
import { httpDefaults } from '#health/check-kind.ts';
import { subjectKey } from '#health/model.ts';
import type { HealthModel } from '#health/model.ts';
import type { HealthHandle, HealthTarget } from '#lua/health.ts';
import { readSlots } from '#serve/answering.ts';
import type { Endpoint, SteeringModel } from '#steering/model.ts';
import { plainPolicy } from '#steering/policy/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { SteeringSlots } from './steering-slots.ts';

const addresses = { 4: '192.0.2.10', 6: '2001:db8::10' } as const;
const moment = (ms: number) => ({ nowMs: ms as MonoMs, unixMs: ms as UnixMs });

function target(address: string, parts: Partial<HealthTarget> = {}): HealthTarget {
  const timing = { intervalMs: 1000, timeoutMs: 1000, rise: 1, fall: 1 };
  return { what: { kind: 'tcp' }, address: address as IpAddress, port: 80, onlyProbe: false, ...timing, ...parts };
}

function endpointsOf(site: string, place: { 4?: string; 6?: string }): readonly Endpoint[] {
  return ([4, 6] as const).flatMap((family) => {
    const answer = place[family];
    if (answer === undefined) return [];
    const subject = subjectKey('www', site, family);
    return [{ subject, service: 'www', site, family, answer: answer as IpAddress, port: 80, hasAgents: false }];
  });
}

/** What records read of these targets. */
function handlesOf(slots: SteeringSlots, targets: readonly HealthTarget[]): readonly HealthHandle[] {
  const source = readSlots(slots.table, slots.byTarget);
  return targets.map((each) => source.register(each));
}

/** The state of each of these targets as records read it. */
function statesOf(slots: SteeringSlots, targets: readonly HealthTarget[]): readonly string[] {
  return handlesOf(slots, targets).map((handle) => handle.read().state);
}

/** A decision over these endpoints, each judged by one probe of this coordinator. */
function decide(
  endpoints: readonly Endpoint[],
  slots: SteeringSlots,
  downs: readonly Endpoint[],
  services: ReadonlyMap<string, ServicePolicy> = new Map(),
): Decision {
  const checkOf = (endpoint: Endpoint) =>
    defineCheck({
      what: { ...httpDefaults, kind: 'http' },
      address: endpoint.answer,
      port: endpoint.port,
      intervalMs: 1000,
      timeoutMs: 1000,
      rise: 1,
      fall: 1,
    });
  const health: HealthModel = {
    subjects: endpoints.map((endpoint) => ({
      key: endpoint.subject,
      service: endpoint.service,
      site: endpoint.site,
      family: endpoint.family,
      vip: endpoint.answer,
      nodes: [],
      check: checkOf(endpoint),
      vrrpGraceMs: 8000,
    })),
    references: [],
    probes: slots.probes(),
    sites: ['fra'],
  };
  const steering: SteeringModel = { endpoints, services, prefixes: [], longestTtlSeconds: 30 };
  const stored = { verdicts: [], overrides: [], anchors: [], prefixes: [], failovers: [], ramps: [], sheds: [] };
  const decision = new Decision({ site: 'fra', boot: 'b' }, stored, moment(0));
  decision.step({ kind: 'generation', health, steering, release: { epoch: 1, sequence: 1 } }, moment(0));
  for (const endpoint of endpoints) {
    const passed = !downs.includes(endpoint);
    decision.step({ kind: 'result', check: checkOf(endpoint).id, passed, reason: 'said the test' }, moment(1));
  }
  return decision;
}

test('R1: an endpoint follows its verdict, any other address its own probe, and verdict=probe asks for that', () => {
  const endpoints = endpointsOf('fra', { 4: addresses[4] });
  const targets = [target(addresses[4]), target('198.51.100.7'), target(addresses[4], { onlyProbe: true })];
  const slots = new SteeringSlots(targets, endpoints);
  assert.deepEqual(
    slots.probes().map((check) => check.address),
    ['198.51.100.7', addresses[4]],
  );
  const decision = decide(endpoints, slots, []);
  slots.publish(decision);
  assert.deepEqual(statesOf(slots, targets), ['up', 'unknown', 'unknown']);
  for (const check of slots.probes()) {
    decision.step({ kind: 'result', check: check.id, passed: false, reason: 'refused' }, moment(2));
  }
  slots.publish(decision);
  assert.deepEqual(statesOf(slots, targets), ['up', 'down', 'down']);
});

test('targets that become one check share one probe', () => {
  const slots = new SteeringSlots([target('198.51.100.7'), target('198.51.100.7', { fall: 3 })], []);
  assert.equal(slots.table.slotCount, 2);
  assert.equal(slots.probes().length, 2);
  const same = new SteeringSlots([target('198.51.100.7'), target('198.51.100.7', { onlyProbe: true })], []);
  assert.equal(same.probes().length, 1);
});

test('R2: where a family has nothing up while the other lives, its endpoints are withheld even as a backup', () => {
  const endpoints = endpointsOf('fra', addresses);
  const targets = [target(addresses[4]), target(addresses[6])];
  const slots = new SteeringSlots(targets, endpoints);
  slots.publish(decide(endpoints, slots, endpoints.slice(0, 1)));
  const [v4, v6] = handlesOf(slots, targets).map((handle) => handle.read());
  assert.deepEqual([v4?.state, v4?.withheld, v6?.state], ['down', true, 'up']);
});

test('R8: where everything is down both families fail open, and say so', () => {
  const endpoints = endpointsOf('fra', addresses);
  const targets = [target(addresses[4]), target(addresses[6])];
  const slots = new SteeringSlots(targets, endpoints);
  slots.publish(decide(endpoints, slots, endpoints));
  assert.deepEqual(statesOf(slots, targets), ['up', 'up']);
  assert.deepEqual(
    handlesOf(slots, targets).map((handle) => handle.read().note),
    ['failOpen', 'failOpen'],
  );
});

test('one address at several sites is answerable while one of them is up', () => {
  const endpoints = [...endpointsOf('fra', { 4: addresses[4] }), ...endpointsOf('iad', { 4: addresses[4] })];
  const targets = [target(addresses[4])];
  const slots = new SteeringSlots(targets, endpoints);
  assert.equal(slots.table.slotCount, 1);
  slots.publish(decide(endpoints, slots, []));
  assert.deepEqual(statesOf(slots, targets), ['up']);
});

test('R27: a tier that is not active is not answered by its policy, and for records that name its address it is up', () => {
  const endpoints = [...endpointsOf('fra', { 4: addresses[4] }), ...endpointsOf('iad', { 4: '192.0.2.20' })];
  const members = endpoints.map(({ subject, site, family, answer }) => ({
    kind: 'site' as const,
    name: site,
    location: { latitude: 0, longitude: 0 },
    hostName: undefined,
    endpoints: [{ subject, family, answer, weight: 100 }],
  }));
  const policy: ServicePolicy = {
    ...plainPolicy('www', members),
    steps: [{ kind: 'up' }, { kind: 'failover', tiers: [['fra'], ['iad']] }],
  };
  const targets = [target('192.0.2.20')];
  const slots = new SteeringSlots(targets, endpoints, [policy]);
  const valueAt = (key: string) => slots.table.read(slots.byTarget.get(key) ?? -1);
  slots.publish(decide(endpoints, slots, [], new Map([['www', policy]])));
  assert.deepEqual(statesOf(slots, targets), ['up']);
  assert.deepEqual(
    ['endpoint:www/fra/4', 'endpoint:www/iad/4', 'service:www'].map((key) => valueAt(key).answerable),
    [true, false, true],
  );
  assert.deepEqual([valueAt('service:www').weight, valueAt('endpoint:www/fra/4').weight], [1, 100]);
});

test('a target that the table does not know is unknown', () => {
  const slots = new SteeringSlots([], []);
  assert.deepEqual(statesOf(slots, [target(addresses[4])]), ['unknown']);
});
