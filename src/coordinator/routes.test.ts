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
const neighbors = [neighborPlanSchema.parse({ ...least, ...rest })];
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

function bench() {
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
  const routes = new Routes(pino({ level: 'silent' }), machine, (hearing) => void hearings.push(hearing), {
    createSpeaker: (options) => {
      ({ onEvent } = options);
      return speaker;
    },
    createBfd: () => bfd,
  });
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
  return { routes, release, establish, announce, hears, seen: () => calls.splice(0) };
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
