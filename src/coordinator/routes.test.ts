/** Who carries a site's routes where a release changes that, with a speaker that only writes down what it is told. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { BfdSpeaker, BgpSpeaker, OnSpeakerEvent } from 'bgp-ts';
import { pino } from 'pino';
import { parseIp, parsePrefix } from '#base/ip.ts';
import { succeed } from '#base/result.ts';
import type { NodeBgp } from '#border/instruction.ts';
import { neighborPlanSchema } from '#border/plan.ts';
import { describeHeld } from '#border/snapshot.ts';
import { establishedPeer } from '#border/speaker.fixture.ts';
import type { SiteBgp } from '#config/bgp.ts';
import type { Hearing } from '#decide/decision.ts';
import type { Report } from '#health/report.ts';
import { Routes } from './routes.ts';

const prefix = parsePrefix('203.0.113.0/24');
const routerId = parseIp('10.66.1.53');
assert.ok(prefix !== undefined && routerId !== undefined);

const least = { name: 'rt1', address: '10.66.1.1', port: 179, peerAsn: 65000, localAsn: 65010 };
const rest = { holdTimeSeconds: 9, connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
const plan = neighborPlanSchema.parse({ ...least, ...rest });
const neighbors = [plan];
const common = { asn: 65010, routerId, loopback: 'operator', neighbors } as const;
const byCoordinator: SiteBgp = { ...common, speaker: 'coordinator', nodes: [] };
const byNodes: SiteBgp = { ...common, speaker: 'nodes', nodes: [{ node: 'a', routerId }] };

const report: Report = { site: 'fra', node: 'a', boot: 'x', sequence: 0, leaseMs: 3000, services: [], vips: [] };

/** What a node says of itself that tells the prefixes over its session. */
function speaking(prefixes: readonly string[]): NodeBgp {
  const session = {
    name: 'rt1',
    address: '10.66.1.1',
    port: 179,
    state: 'established',
    reason: '',
    sinceUnixMs: 0,
    plan: [],
  };
  const described = describeHeld(session, { flaps: 0, notifications: [] }, undefined);
  return { neighbors: [described], prefixes: [...prefixes], addresses: [] };
}

function bench(now?: () => number) {
  const calls: string[] = [];
  const hearings: Hearing[] = [];
  let onEvent: OnSpeakerEvent = () => undefined;
  const speaker: BgpSpeaker = {
    addPeer: ({ name = '' }) => succeed((calls.push(`add ${name}`), name)),
    removePeer: (name) => calls.push(`remove ${name}`) > 0,
    setDesired: () => succeed(undefined),
    setDesiredFor: (_, __, attributes) => {
      calls.push(attributes === null ? 'withdraw' : 'announce');
      return succeed(undefined);
    },
    declareComplete: () => undefined,
    resetPeer: () => true,
    listen: () => Promise.resolve(succeed(undefined)),
    snapshot: () => Promise.resolve({ peers: [establishedPeer('rt1')], desired: [] }),
    stop: () => Promise.resolve(),
  };
  const bfd: BfdSpeaker = {
    addSession: ({ name = '' }) => succeed(name),
    removeSession: () => true,
    snapshot: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
  const machine = { localAddress: undefined, listen: [], md5Keys: new Map<string, string>() };
  const routes = new Routes(
    pino({ level: 'silent' }),
    machine,
    (hearing) => void hearings.push(hearing),
    {
      createSpeaker: (options) => {
        ({ onEvent } = options);
        return speaker;
      },
      createBfd: () => bfd,
    },
    now,
  );
  const lose = (): void =>
    onEvent({ kind: 'sessionState', peer: 'rt1', state: 'idle', previous: 'established', reason: '', text: '' });
  const change = (): Hearing['sessionChange'] => hearings.at(-1)?.sessionChange;
  const release = (bgp: SiteBgp | undefined): void => {
    const here = bgp === undefined || prefix === undefined ? [] : [{ prefix, gate: 'always' as const, drainMs: 1000 }];
    routes.replace({ site: 'fra', bgp, prefixes: here, answers: [] });
  };
  const establish = async (): Promise<void> => {
    onEvent({ kind: 'sessionState', peer: 'rt1', state: 'established', previous: 'openConfirm', reason: '', text: '' });
    // What was agreed on is asked for.
    await routes.sessions.snapshot();
  };
  const announce = (): void => {
    assert.ok(prefix !== undefined);
    routes.announce(prefix, { nextHop: 'self', standing: 'normal', settings: {} }, 'always');
  };
  const hears = (): boolean => hearings.at(-1)?.established === true && hearings.at(-1)?.unheard?.length === 0;
  return { routes, release, establish, lose, announce, hears, change, seen: () => calls.splice(0) };
}

test('nodes take over from the coordinator before its own sessions end', async () => {
  const { routes, release, establish, announce, hears, seen } = bench();
  release(byCoordinator);
  announce();
  await establish();
  routes.declareComplete();
  seen();
  release(byNodes);
  assert.deepEqual([seen(), hears()], [[], true]);
  assert.equal(routes.instruct(report, speaking([]))?.routes.length, 1);
  assert.deepEqual([seen(), hears()], [[], true]);
  routes.instruct(report, speaking(['203.0.113.0/24']));
  assert.deepEqual([seen(), hears()], [['remove rt1'], true]);
});

test('a coordinator takes over from the nodes, which are told to end when a router hears it', async () => {
  const { routes, release, establish, announce, hears, seen } = bench();
  release(byNodes);
  announce();
  routes.declareComplete();
  routes.instruct(report, speaking(['203.0.113.0/24']));
  release(byCoordinator);
  assert.deepEqual([seen(), hears()], [['add rt1', 'announce'], false]);
  assert.equal(routes.instruct(report, speaking(['203.0.113.0/24'])), undefined);
  await establish();
  assert.equal(hears(), true);
  const last = routes.instruct(report, speaking(['203.0.113.0/24']));
  assert.deepEqual([last?.neighbors, last?.routes], [[], []]);
  assert.equal(routes.instruct(report, { ...speaking([]), neighbors: [] }), undefined, 'it has ended');
});

test('R19: the routes rest on a node that is to speak no more until a router hears them of who speaks then', async () => {
  const { routes, release, establish, announce } = bench();
  const told = ['203.0.113.0/24'];
  release(byNodes);
  announce();
  routes.declareComplete();
  routes.instruct(report, speaking(told));
  assert.deepEqual(routes.restingOnFormer('a', told), [], 'it is one that speaks');
  release({ ...byNodes, nodes: [{ node: 'b', routerId }] });
  assert.deepEqual(routes.restingOnFormer('a', told), [prefix]);
  routes.instruct({ ...report, node: 'b' }, speaking(told));
  assert.deepEqual(routes.restingOnFormer('a', told), []);
  release(byCoordinator);
  assert.deepEqual(routes.restingOnFormer('b', told), [prefix]);
  assert.deepEqual(routes.restingOnFormer('b', []), []);
  await establish();
  assert.deepEqual(routes.restingOnFormer('b', told), []);
  release(undefined);
  assert.deepEqual(routes.restingOnFormer('b', told), [prefix]);
  routes.withdraw(prefix, 'another site serves it');
  assert.deepEqual(routes.restingOnFormer('b', told), []);
});

test('R19: a release that takes a site its border routers ends their sessions when nothing is wanted there any more', async () => {
  const { routes, release, establish, announce, seen } = bench();
  release(byCoordinator);
  announce();
  await establish();
  seen();
  release(undefined);
  assert.deepEqual(seen(), []);
  routes.withdraw(prefix, 'another site serves it');
  assert.deepEqual(seen(), ['withdraw', 'remove rt1']);
});

const slower: SiteBgp = { ...byCoordinator, neighbors: [{ ...plan, holdTimeSeconds: 30 }] };

test('R28: a session that a release changes goes on until it is the turn of its site, and the turn ends when it is back', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { routes, release, establish, lose, announce, change, seen } = bench();
  release(byCoordinator);
  announce();
  await establish();
  seen();
  release(slower);
  assert.deepEqual([seen(), change()], [[], 'waiting']);
  assert.equal(routes.bgp?.neighbors[0]?.holdTimeSeconds, 9);
  routes.changeSessions();
  assert.deepEqual([seen(), change()], [['remove rt1', 'add rt1', 'announce'], 'going']);
  await establish();
  context.mock.timers.tick(4000);
  lose();
  context.mock.timers.tick(4000);
  await establish();
  context.mock.timers.tick(4999);
  assert.equal(change(), 'going', 'it has not lasted');
  context.mock.timers.tick(1);
  assert.equal(change(), undefined);
});

test('R28: settings with which a session does not come back hold the turn, and those after them are taken at once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { routes, release, establish, announce, change, seen } = bench();
  release(byCoordinator);
  announce();
  await establish();
  release(slower);
  routes.changeSessions();
  context.mock.timers.tick(3_600_000);
  assert.equal(change(), 'going');
  seen();
  release(byCoordinator);
  assert.deepEqual(seen(), ['remove rt1', 'add rt1', 'announce']);
  await establish();
  context.mock.timers.tick(5000);
  assert.equal(change(), undefined);
});

test('R28: what ends no session that is up waits for nobody', async () => {
  const { release, establish, announce, change, seen } = bench();
  release(byCoordinator);
  announce();
  release(slower);
  assert.equal(change(), undefined, 'it was not up');
  await establish();
  seen();
  release({ ...slower, neighbors: [...slower.neighbors, { ...plan, name: 'rt2' }] });
  assert.deepEqual([seen(), change()], [['add rt2', 'announce'], undefined]);
});

test('R28: nodes are told changed sessions when it is the turn of their site, and are back by reports that came after', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const { routes, release, announce, change } = bench(() => nowMs);
  release(byNodes);
  announce();
  routes.declareComplete();
  const holdTime = (): number | undefined =>
    routes.instruct(report, speaking(['203.0.113.0/24']))?.neighbors[0]?.holdTimeSeconds;
  holdTime();
  release({ ...byNodes, neighbors: slower.neighbors });
  assert.deepEqual([holdTime(), change()], [9, 'waiting']);
  routes.changeSessions();
  assert.deepEqual([holdTime(), change()], [30, 'going']);
  nowMs = 2999;
  holdTime();
  context.mock.timers.tick(5000);
  assert.equal(change(), 'going', 'what it says may be older than what it was told');
  nowMs = 3000;
  holdTime();
  context.mock.timers.tick(5000);
  assert.equal(change(), undefined);
});
