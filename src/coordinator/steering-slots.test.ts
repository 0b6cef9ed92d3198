import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { Decision } from '#decide/decision.ts';
import { defineCheck } from '#health/check.ts';
import { subjectKey } from '#health/model.ts';
import type { HealthModel } from '#health/model.ts';
import type { HealthTarget } from '#lua/health.ts';
import type { Endpoint, SteeringModel } from '#steering/model.ts';
import { SteeringSlots } from './steering-slots.ts';

const addresses = { 4: '192.0.2.10', 6: '2001:db8::10' } as const;
const moment = (ms: number) => ({ nowMs: ms as MonoMs, unixMs: ms as UnixMs });

function target(address: string, parts: Partial<HealthTarget> = {}): HealthTarget {
  const timing = { intervalMs: 1000, timeoutMs: 1000, minimumFailures: 1 };
  return { kind: 'tcp', address: address as IpAddress, port: 80, onlyProbe: false, ...timing, ...parts };
}

function endpointsOf(site: string, place: { 4?: string; 6?: string }): readonly Endpoint[] {
  return ([4, 6] as const).flatMap((family) => {
    const answer = place[family];
    if (answer === undefined) return [];
    const subject = subjectKey('www', site, family);
    return [{ subject, service: 'www', site, family, answer: answer as IpAddress, port: 80, hasAgents: false }];
  });
}

/** A decision over these endpoints, each judged by one probe of this coordinator. */
function decide(endpoints: readonly Endpoint[], slots: SteeringSlots, downs: readonly Endpoint[]): Decision {
  const checkOf = (endpoint: Endpoint) =>
    defineCheck({
      what: { kind: 'http', path: '/', method: 'GET', expectStatus: [200], verifyTls: false },
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
  const steering: SteeringModel = { endpoints, prefixes: [], longestTtlSeconds: 30 };
  const stored = { verdicts: [], overrides: [], anchors: [] };
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
  const slots = new SteeringSlots();
  const [own, other, probe] = [
    slots.register(target(addresses[4])),
    slots.register(target('198.51.100.7')),
    slots.register(target(addresses[4], { onlyProbe: true })),
  ];
  slots.seal(endpoints);
  assert.deepEqual(
    slots.probes().map((check) => check.address),
    ['198.51.100.7', addresses[4]],
  );
  const decision = decide(endpoints, slots, []);
  slots.publish(decision);
  assert.equal(own.read().state, 'up');
  assert.equal(other.read().state, 'unknown');
  assert.equal(probe.read().state, 'unknown');
  for (const check of slots.probes()) {
    decision.step({ kind: 'result', check: check.id, passed: false, reason: 'refused' }, moment(2));
  }
  slots.publish(decision);
  assert.deepEqual([own.read().state, other.read().state, probe.read().state], ['up', 'down', 'down']);
});

test('equal targets share one slot and one probe, however many records name them', () => {
  const slots = new SteeringSlots();
  slots.register(target('198.51.100.7'));
  slots.register(target('198.51.100.7'));
  slots.register(target('198.51.100.7', { minimumFailures: 3 }));
  assert.equal(slots.seal([]).slotCount, 2);
  assert.equal(slots.probes().length, 2);
});

test('R2: where a family has nothing up while the other lives, its endpoints are withheld even as a backup', () => {
  const endpoints = endpointsOf('fra', addresses);
  const slots = new SteeringSlots();
  const [v4, v6] = [slots.register(target(addresses[4])), slots.register(target(addresses[6]))];
  slots.seal(endpoints);
  slots.publish(decide(endpoints, slots, endpoints.slice(0, 1)));
  assert.deepEqual([v4.read().state, v4.read().withheld, v6.read().state], ['down', true, 'up']);
});

test('R8: where everything is down both families fail open', () => {
  const endpoints = endpointsOf('fra', addresses);
  const slots = new SteeringSlots();
  const handles = [slots.register(target(addresses[4])), slots.register(target(addresses[6]))];
  slots.seal(endpoints);
  slots.publish(decide(endpoints, slots, endpoints));
  assert.deepEqual(
    handles.map((handle) => handle.read().state),
    ['up', 'up'],
  );
});

test('one address at several sites is answerable while one of them is up', () => {
  const endpoints = [...endpointsOf('fra', { 4: addresses[4] }), ...endpointsOf('iad', { 4: addresses[4] })];
  const slots = new SteeringSlots();
  const handle = slots.register(target(addresses[4]));
  assert.equal(slots.seal(endpoints).slotCount, 1);
  slots.publish(decide(endpoints, slots, []));
  assert.equal(handle.read().state, 'up');
});
