import assert from 'node:assert/strict';
import test from 'node:test';
import { subjectKey } from '#health/model.ts';
import type { PeerReport } from '#health/report.ts';
import { checkOf, modelsOf, reference, settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';

const both = ['fra', 'iad'];

function answersStill(world: World): () => void {
  return () => {
    for (const site of both) assert.deepEqual(world.answered(site), both);
  };
}

test('R6: a host that dies with the VIP moves nothing while a spare takes over, failing probes included', () => {
  const world = settledWorld();
  const { nodes } = world.site('fra');
  nodes.set('lb1', { state: 'up', owner: true, alive: false });
  world.run(5500, answersStill(world));
  nodes.set('lb1', { state: 'up', owner: false, alive: false });
  nodes.set('lb2', { state: 'up', owner: true, alive: true });
  world.run(20_000, answersStill(world));
});

test('R6: a gap without an owner that is seen ends in up, not in the failures counted meanwhile', () => {
  const world = settledWorld();
  const { nodes } = world.site('fra');
  nodes.set('lb1', { state: 'down', owner: false, alive: true });
  world.run(6000, answersStill(world));
  nodes.set('lb2', { state: 'up', owner: true, alive: true });
  world.run(20_000, answersStill(world));
});

test('R4: after a gap the probes overrule again when they fail on', () => {
  const world = settledWorld();
  const { nodes } = world.site('fra');
  nodes.set('lb1', { state: 'down', owner: false, alive: true });
  world.run(3000);
  nodes.set('lb2', { state: 'up', owner: true, alive: true });
  world.answersProbes = (site) => site.id !== 'fra';
  world.run(2500, answersStill(world));
  world.run(6000);
  assert.deepEqual(world.answered('iad'), ['iad']);
});

test('R7: failing probes do not overrule a proxy that restarts, and do when it is done', () => {
  const world = settledWorld();
  world.holding = 'haproxy reloads';
  world.answersProbes = (site) => site.id !== 'fra';
  world.run(15_000, answersStill(world));
  world.holding = undefined;
  world.run(8000);
  assert.deepEqual(world.answered('iad'), ['iad']);
});

test('R10: an engine that stood still during a gap waits on, and hears what came meanwhile first', () => {
  const world = settledWorld();
  const { nodes } = world.site('fra');
  nodes.set('lb1', { state: 'down', owner: true, alive: true });
  world.run(1000);
  world.nowMs = (world.nowMs + 60_000) as typeof world.nowMs;
  const site = world.site('iad');
  world.feed(site, { kind: 'tick' });
  assert.equal(site.decision.health.verdict(subjectKey('www', 'fra', 4))?.state, 'up');
});

test('R4, R5: a frozen coordinator follows what a site says of itself, and its probes in nothing', () => {
  const world = settledWorld();
  world.cut.add('fra>out');
  world.run(5000);
  assert.equal(world.site('fra').decision.health.sanity, 'frozen');
  world.answersProbes = () => false;
  world.run(6000, () => assert.deepEqual(world.answered('fra'), both));
  world.answersProbes = () => true;
  world.run(3000);
  world.setNodes('fra', 'down');
  world.run(200);
  assert.deepEqual(world.answered('fra'), ['iad']);
  const verdict = world.site('fra').decision.health.verdict(subjectKey('www', 'fra', 4));
  assert.deepEqual([verdict?.state, verdict?.changePending], ['down', true]);
  world.setNodes('fra', 'up');
  world.run(200);
  assert.deepEqual(world.answered('fra'), both);
});

test('R5: after a freeze a single failing probe takes nothing out, also where there are no agents', () => {
  const world = settledWorld();
  for (const site of world.sites) for (const node of site.nodes.values()) node.alive = false;
  world.run(10_000, answersStill(world));
  world.isolate('fra');
  world.run(6000);
  assert.equal(world.site('fra').decision.health.sanity, 'frozen');
  world.cut.delete('fra>out');
  world.run(1200);
  assert.equal(world.site('fra').decision.health.sanity, 'sane');
  assert.deepEqual(world.answered('fra'), both);
  world.cut.clear();
  world.run(10_000, () => assert.deepEqual(world.answered('fra'), both));
});

test('R11: after a restart a site that was up needs as many failures as ever to be down', () => {
  const world = settledWorld();
  const { health, steering } = modelsOf(both);
  const subjects = health.subjects.map((subject) => ({ ...subject, nodes: [] }));
  world.reload('fra', { health: { ...health, subjects }, steering });
  world.crash('iad');
  world.run(5000);
  world.crash('fra');
  world.answersProbes = (site) => site.id !== 'iad';
  world.boot('fra');
  world.run(1500, () => assert.deepEqual(world.answered('fra'), both));
  world.run(3000);
  assert.deepEqual(world.answered('fra'), ['fra']);
});

test('R8: one event that takes three sites freezes on all three, and the set follows a release that removes one', () => {
  const world = settledWorld(['fra', 'iad', 'sin']);
  for (const site of ['fra', 'iad', 'sin']) world.setNodes(site, 'down');
  world.run(1000);
  assert.deepEqual(world.answered('fra'), ['fra', 'iad', 'sin']);
  world.reload('fra', modelsOf(both));
  assert.deepEqual(world.answered('fra'), both);
});

test('R13: what is stable has no change pending, up or down', () => {
  const world = settledWorld();
  world.run(10_000);
  const pending = (): readonly boolean[] =>
    world.sites.flatMap(({ decision }) => [...decision.endpointDecisions().values()].map((each) => each.changePending));
  assert.deepEqual(pending(), [false, false, false, false]);
  world.setNodes('fra', 'down');
  world.run(10_000);
  assert.deepEqual(pending(), [false, false, false, false]);
});

test('R10: a coordinator that stood still believes its peers for one interval more', () => {
  const world = settledWorld();
  world.nowMs = (world.nowMs + 60_000) as typeof world.nowMs;
  const site = world.site('iad');
  world.feed(site, { kind: 'tick' });
  assert.equal(site.decision.health.freshPeers(world.nowMs).length, 1);
});

test('R1, R11: after a restart probes alone do not bring back what its agents may still call down', () => {
  const world = settledWorld();
  world.setNodes('iad', 'down');
  world.run(5000);
  world.crash('fra');
  for (const node of world.site('iad').nodes.values()) node.alive = false;
  world.run(1000);
  world.boot('fra');
  world.run(2900, () => assert.deepEqual(world.answered('fra'), ['fra']));
});

/** A report of iad that sees fra's VIP fail. */
function failingReport(): PeerReport {
  const seen = { check: checkOf(0).id, state: 'fail' as const, failingRounds: 15, reason: 'timed out after 1000ms' };
  return {
    site: 'iad',
    boot: 'iad-1',
    sequence: 1_000_000,
    leaseMs: 3000,
    sane: true,
    observations: [seen],
    anchors: [],
    overrides: [],
    appliedOverrides: [],
    release: { epoch: 1, sequence: 1 },
  };
}

test('R4, R5: after a heal, the failures that another site still counts do not overrule the inside of this one', () => {
  const world = settledWorld();
  world.isolate('fra');
  world.run(15_000);
  world.cut.clear();
  const fra = world.site('fra');
  world.feed(fra, { kind: 'result', check: reference.id, passed: true, reason: 'connected' });
  assert.equal(fra.decision.health.sanity, 'sane');
  world.feed(fra, { kind: 'peerReport', report: failingReport() });
  assert.deepEqual(world.answered('fra'), both);
});

test('R5: a vantage that doubts itself takes nobody else for a witness either', () => {
  const world = settledWorld();
  const fra = world.site('fra');
  world.feed(fra, { kind: 'result', check: reference.id, passed: false, reason: 'timed out after 1000ms' });
  assert.equal(fra.decision.health.sanity, 'doubtful');
  world.feed(fra, { kind: 'peerReport', report: failingReport() });
  assert.deepEqual(world.answered('fra'), both);
});
