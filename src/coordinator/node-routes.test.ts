import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIp, parsePrefix } from '#base/ip.ts';
import type { NodeBgp } from '#border/instruction.ts';
import { describeHeld } from '#border/snapshot.ts';
import { siteBgpOf } from '#config/bgp.ts';
import type { Report } from '#health/report.ts';
import { NodeRoutes } from './node-routes.ts';

const prefix = parsePrefix('203.0.113.0/24');
const anycast = parseIp('203.0.113.1');
const [routerId, a, b, router] = ['10.66.1.53', '10.66.1.11', '10.66.1.12', '10.66.1.1'].map(parseIp);
assert.ok(prefix && anycast && routerId && a && b && router);

/** The BGP side of a report: an established session, and what the node tells. */
function bgpOf(prefixes: readonly string[], addresses: readonly string[]): NodeBgp {
  const session = { name: 'rt1', address: '10.66.1.1', port: 179, state: 'established', reason: '', sinceUnixMs: 0 };
  const neighbors = [describeHeld(session, { flaps: 0, notifications: [] }, undefined)];
  return { neighbors, prefixes: [...prefixes], addresses: [...addresses] };
}

function reportOf(node: string, state: 'up' | 'down'): Report {
  const service = { service: 'www', state, reason: '', usableServers: 1, totalServers: 1, capacity: 1 };
  return { site: 'fra', node, boot: 'x', sequence: 0, leaseMs: 3000, services: [service], vips: [] };
}

function bench(loopback: 'operator' | 'managed' = 'operator') {
  let nowMs = 0;
  const heard: boolean[] = [];
  const routes = new NodeRoutes(
    (established) => void heard.push(established),
    () => nowMs,
  );
  const nodes = [
    { node: 'a', routerId: a ?? routerId },
    { node: 'b', routerId: b ?? routerId },
  ].flatMap(({ node, routerId: own }) => (own === undefined ? [] : [{ node, routerId: own }]));
  const bgp = { asn: 65010, routerId, speaker: 'nodes', loopback, neighbors: [] } as const;
  assert.ok(bgp.routerId !== undefined && prefix !== undefined && anycast !== undefined);
  const site = siteBgpOf({ ...bgp, routerId: bgp.routerId, neighbors: [] }, nodes);
  routes.replace({
    site: 'fra',
    bgp: site,
    prefixes: [{ prefix, gate: { any: ['www'] }, drainMs: 1000 }],
    answers: [anycast],
  });
  routes.announce(prefix, { nextHop: 'self', standing: 'normal', settings: {} }, 'www is up');
  const told = (node: string): readonly string[] | undefined =>
    routes.instructionFor(node)?.routes.map((route) => route.prefix);
  return { routes, told, heard, wait: (durationMs: number) => void (nowMs += durationMs) };
}

const here = ['203.0.113.1'];

test('R24: nodes are told nothing before everything that is wanted is known', () => {
  const { routes, told } = bench();
  assert.equal(told('a'), undefined);
  routes.declareComplete();
  assert.deepEqual([told('a'), told('b'), told('c')], [['203.0.113.0/24'], ['203.0.113.0/24'], undefined]);
});

test('R16: the report that says that a proxy died is answered without the route, while another node tells it', () => {
  const { routes, told } = bench();
  routes.declareComplete();
  routes.take(reportOf('a', 'up'), bgpOf(['203.0.113.0/24'], here));
  routes.take(reportOf('b', 'up'), bgpOf(['203.0.113.0/24'], here));
  routes.take(reportOf('a', 'down'), bgpOf(['203.0.113.0/24'], here));
  assert.deepEqual([told('a'), told('b')], [[], ['203.0.113.0/24']]);
  routes.take(reportOf('b', 'down'), bgpOf(['203.0.113.0/24'], here));
  assert.deepEqual([told('a'), told('b')], [['203.0.113.0/24'], ['203.0.113.0/24']], 'no node helps: the site decides');
});

test('R16: a node without the anycast address is excused, unless it puts it there itself', () => {
  for (const [loopback, expected] of [
    ['operator', []],
    ['managed', ['203.0.113.0/24']],
  ] as const) {
    const { routes, told } = bench(loopback);
    routes.declareComplete();
    routes.take(reportOf('b', 'up'), bgpOf(['203.0.113.0/24'], here));
    routes.take(reportOf('a', 'up'), bgpOf([], []));
    assert.deepEqual(told('a'), expected, loopback);
  }
});

test('R23: a node that falls silent is no help to others, and is not excused itself', () => {
  const { routes, told, wait, heard } = bench();
  routes.declareComplete();
  routes.take(reportOf('b', 'up'), bgpOf(['203.0.113.0/24'], here));
  wait(3000);
  routes.take(reportOf('a', 'down'), bgpOf(['203.0.113.0/24'], here));
  assert.deepEqual([told('a'), told('b')], [['203.0.113.0/24'], ['203.0.113.0/24']]);
  assert.deepEqual(heard, [true, true]);
});

test('a node that is not one of those that speak is told nothing', () => {
  const { routes } = bench();
  routes.declareComplete();
  assert.equal(routes.take(reportOf('c', 'up'), undefined), false);
});
