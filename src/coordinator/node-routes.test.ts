import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIp, parsePrefix } from '#base/ip.ts';
import type { NodeBgp } from '#border/instruction.ts';
import { instructionSchema, nodeBgpSchema } from '#border/instruction.ts';
import { neighborPlanSchema } from '#border/plan.ts';
import { describeHeld, neighborSnapshotSchema } from '#border/snapshot.ts';
import { establishedPeer } from '#border/speaker.fixture.ts';
import { siteBgpOf } from '#config/bgp.ts';
import type { Report } from '#health/report.ts';
import { NodeRoutes } from './node-routes.ts';

const prefix = parsePrefix('203.0.113.0/24');
const anycast = parseIp('203.0.113.1');
const [routerId, a, b, router] = ['10.66.1.53', '10.66.1.11', '10.66.1.12', '10.66.1.1'].map(parseIp);
assert.ok(prefix && anycast && routerId && a && b && router);

/** The BGP side of a report: an established session, and what the node tells. */
function bgpOf(prefixes: readonly string[], addresses: readonly string[]): NodeBgp {
  const session = {
    name: 'rt1',
    address: '10.66.1.1',
    port: 179,
    state: 'established',
    reason: '',
    sinceUnixMs: 0,
    plan: [],
  };
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
  const routes: NodeRoutes = new NodeRoutes(
    () => void heard.push(routes.isHeard && prefix !== undefined && routes.hears(prefix)),
    () => nowMs,
  );
  const nodes = [
    { node: 'a', routerId: a ?? routerId },
    { node: 'b', routerId: b ?? routerId },
  ].flatMap(({ node, routerId: own }) => (own === undefined ? [] : [{ node, routerId: own }]));
  const bgp = { asn: 65010, routerId, speaker: 'nodes', loopback, neighbors: [] } as const;
  assert.ok(bgp.routerId !== undefined && prefix !== undefined && anycast !== undefined);
  const least = { name: 'rt1', address: '10.66.1.1', port: 179, peerAsn: 65000, localAsn: 65010 };
  const rest = { holdTimeSeconds: 9, connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
  const plan = neighborPlanSchema.parse({ ...least, ...rest });
  const site = { ...siteBgpOf({ ...bgp, routerId: bgp.routerId, neighbors: [] }, nodes), neighbors: [plan] };
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

test('R19: a prefix is heard while a node tells it over a session, and not when all nodes have fallen silent', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { routes, heard, wait } = bench();
  const other = parsePrefix('198.51.100.0/24');
  assert.ok(other !== undefined);
  routes.take(reportOf('a', 'up'), bgpOf([], here));
  routes.take(reportOf('b', 'up'), bgpOf(['203.0.113.0/24'], here));
  assert.deepEqual(heard, [false, true]);
  assert.equal(routes.hears(other), false);
  wait(3001);
  context.mock.timers.tick(3001);
  assert.deepEqual(heard, [false, true, false]);
});

test('a reason that is long is cut, so that a node takes the rest', () => {
  const { routes } = bench();
  routes.declareComplete();
  routes.announce(prefix, { nextHop: 'self', standing: 'normal', settings: {} }, 'www is down; '.repeat(1000));
  const instruction = instructionSchema.safeParse(routes.instructionFor('a'));
  assert.ok(instruction.success, instruction.error?.message);
  const [route] = instruction.data.routes;
  assert.match(route?.reason ?? '', /^www is down; /);
  // What the node then reports of it is within what a report may say.
  const told = { prefix, attributes: { nextHop: '10.66.1.11', asPath: '' }, sentAtUnixMs: 0, reason: route?.reason };
  const { neighbors, ...rest } = bgpOf([prefix], here);
  const report = { ...rest, neighbors: neighbors.map((neighbor) => ({ ...neighbor, announced: [told] })) };
  assert.ok(nodeBgpSchema.safeParse(report).success);
});

test('a node that is not one of those that speak is told nothing', () => {
  const { routes } = bench();
  routes.declareComplete();
  assert.equal(routes.take(reportOf('c', 'up'), undefined), false);
});

test('R19: a prefix is not heard from a node whose router took another family alone', () => {
  const { routes } = bench();
  const said = bgpOf([prefix], []);
  const negotiated = establishedPeer('rt1', ['ipv6-unicast']).negotiated;
  const neighbors = said.neighbors.map((neighbor) => neighborSnapshotSchema.parse({ ...neighbor, negotiated }));
  routes.take(reportOf('a', 'up'), { ...said, neighbors });
  assert.deepEqual([routes.isHeard, routes.hears(prefix)], [true, false]);
  routes.take(reportOf('a', 'up'), said);
  assert.equal(routes.hears(prefix), true, 'an agent that does not say what was agreed on');
});

test('R19: a route rests on a node that no other one tells well, and not on one that no router hears', () => {
  const { routes, wait } = bench();
  routes.declareComplete();
  const stays = (): boolean => false;
  const told = String(prefix);
  routes.take(reportOf('a', 'up'), bgpOf([told], here));
  assert.deepEqual(routes.restingOn('a', stays), [prefix]);
  routes.take(reportOf('b', 'up'), bgpOf([], here));
  assert.deepEqual(routes.restingOn('a', stays), [prefix], 'b is well and tells nothing');
  routes.take(reportOf('b', 'up'), bgpOf([told], here));
  assert.deepEqual(routes.restingOn('a', stays), []);
  assert.deepEqual(
    routes.restingOn('a', (node) => node === 'b'),
    [prefix],
    'b leaves',
  );
  routes.take(reportOf('b', 'down'), bgpOf([told], here));
  assert.deepEqual(routes.restingOn('a', stays), [prefix], 'b is down');
  assert.deepEqual(routes.restingOn('b', stays), []);
  routes.take(reportOf('b', 'up'), bgpOf([told], []));
  assert.deepEqual(routes.restingOn('a', stays), [prefix], 'b lacks the address (R16)');
  wait(3000);
  routes.take(reportOf('a', 'up'), bgpOf([told], here));
  assert.deepEqual([routes.isFresh('a'), routes.isFresh('b')], [true, false]);
  assert.equal(
    routes.couldTell(prefix, (node) => node === 'a'),
    false,
  );
  assert.equal(routes.couldTell(prefix, stays), true);
  routes.take(reportOf('a', 'up'), { ...bgpOf([told], here), neighbors: [] });
  assert.deepEqual(routes.restingOn('a', stays), [], 'it has no session');
});

test('R19: another node is no help to one that leaves where its router took another family alone', () => {
  const { routes } = bench();
  routes.declareComplete();
  const stays = (): boolean => false;
  const said = bgpOf([String(prefix)], here);
  const negotiated = establishedPeer('rt1', ['ipv6-unicast']).negotiated;
  const neighbors = said.neighbors.map((neighbor) => neighborSnapshotSchema.parse({ ...neighbor, negotiated }));
  routes.take(reportOf('a', 'up'), said);
  routes.take(reportOf('b', 'up'), { ...said, neighbors });
  assert.deepEqual([routes.restingOn('a', stays), routes.restingOn('b', stays)], [[prefix], []]);
});

test('R19: a route rests on a node while its reports name a session as the release did before', () => {
  const { routes } = bench();
  routes.declareComplete();
  const said = bgpOf([String(prefix)], here);
  const renamed = { ...said, neighbors: said.neighbors.map((neighbor) => ({ ...neighbor, name: 'old' })) };
  routes.take(reportOf('a', 'up'), renamed);
  routes.take(reportOf('b', 'up'), renamed);
  assert.deepEqual(
    routes.restingOn('a', () => false),
    [prefix],
  );
});
