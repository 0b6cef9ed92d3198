/** What of a release can be applied to sessions that are up, without ending one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIp, parsePrefix } from '#base/ip.ts';
import { neighborPlanSchema } from '#border/plan.ts';
import type { NeighborPlan } from '#border/plan.ts';
import type { SiteBgp } from '#config/bgp.ts';
import { stage } from './session-stages.ts';

const [routerId, otherId] = ['10.66.1.53', '10.66.1.54'].map(parseIp);
const prefix = parsePrefix('203.0.113.0/24');
assert.ok(routerId !== undefined && otherId !== undefined && prefix !== undefined);

function planOf(name: string, address: string, more: Partial<NeighborPlan> = {}): NeighborPlan {
  const least = { name, address, port: 179, peerAsn: 65000, localAsn: 65010, holdTimeSeconds: 9 };
  const rest = { connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
  return { ...neighborPlanSchema.parse({ ...least, ...rest }), ...more };
}

const rt1 = planOf('rt1', '10.66.1.1');
const rt2 = planOf('rt2', '10.66.1.2');
const common = { asn: 65010, routerId, speaker: 'coordinator', loopback: 'operator', nodes: [] } as const;
const applied: SiteBgp = { ...common, neighbors: [rt1, rt2] };
const up = new Set(['rt1', 'rt2']);

test('a session that is up and would begin anew keeps its settings, and takes what the release says of its routes', () => {
  const next = { ...applied, neighbors: [planOf('rt1', '10.66.1.1', { md5Key: 'k', prefixes: [prefix] }), rt2] };
  const { now, neighbors } = stage(applied, next, up);
  assert.deepEqual(neighbors, ['rt1']);
  assert.deepEqual([now.neighbors[0]?.md5Key, now.neighbors[0]?.prefixes], [undefined, [prefix]]);
  assert.deepEqual(stage(applied, next, new Set(['rt2'])), { now: next, neighbors: [] });
});

test('a neighbor that is taken away stays until then, and one at its address waits with it', () => {
  const renamed = planOf('edge', '10.66.1.1');
  const added = planOf('rt3', '10.66.1.3');
  const { now, neighbors } = stage(applied, { ...applied, neighbors: [rt2, renamed, added] }, up);
  assert.deepEqual(neighbors, ['rt1']);
  assert.deepEqual(
    now.neighbors.map(({ name }) => name),
    ['rt1', 'rt2', 'rt3'],
  );
});

test('another router id begins all sessions anew, that of a node those of the node', () => {
  const { now, neighbors } = stage(applied, { ...applied, routerId: otherId }, up);
  assert.deepEqual([neighbors, now.routerId], [['rt1', 'rt2'], routerId]);
  const byNodes = { ...applied, speaker: 'nodes', nodes: [{ node: 'a', routerId }] } as const;
  const other = stage(byNodes, { ...byNodes, nodes: [{ node: 'a', routerId: otherId }] }, up);
  assert.deepEqual([other.neighbors, other.now.nodes], [['rt1', 'rt2'], byNodes.nodes]);
  assert.deepEqual(stage(byNodes, { ...byNodes, routerId: otherId }, up).neighbors, []);
});
