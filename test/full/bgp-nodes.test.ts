/** A node that speaks itself, with a real BIRD: told by its coordinator, going on without it, drained before it ends. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import type { Bird } from '../../src/bgp-ts/test/bird.ts';
import { birdOptions as options, drainedBy, ofPrefix, prefix, startBird, startOnce } from '../cli/bird-sites.ts';
import { startCoordinator, startFairlead } from '../cli/fairlead-process.ts';
import type { FairleadProcess } from '../cli/fairlead-process.ts';
import { directoryWith, fileScope } from '../cli/scope.ts';
import { startWebServer } from '../cli/web-server.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from '../cli/world.ts';

const scope = fileScope();

interface Bench {
  readonly bird: Bird;
  readonly directory: string;
  coordinator: FairleadProcess;
  agent: FairleadProcess;
}

function startAgent(directory: string): FairleadProcess {
  return startFairlead(scope, ['agent', '--config', join(directory, 'agent.yaml')], directory);
}

async function startBench(): Promise<Bench> {
  const sites = newSites();
  const bird = await startBird(scope);
  await startWebServer(scope, sites.fra);
  const siteLines = {
    fra: `nodes: [ { name: fra-lb1, routerId: 10.66.1.11 } ]
bgp:
  asn: 65010
  routerId: 10.66.1.53
  speaker: nodes
  neighbors:
    - { name: fra-rt, address: 127.0.0.1, asn: 65000, port: ${bird.port}, bfd: { enabled: false } }
`,
  };
  const policyLines = `prefixes:\n  - { prefix: ${prefix}, sites: [fra], gatedBy: { any: [www] }, drain: 1s }\n`;
  const directory = directoryWith(scope, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...releaseFiles(sites, { coordinators: ['fra'], siteLines, policyLines }),
    'agent.yaml': `site: fra
node: fra-lb1
interval: 200ms
coordinators: ['${apiUrl(sites.fra)}']
latency: { enabled: false }
bgp: { stateFile: agent-bgp.json }
`,
  });
  const agent = startAgent(directory);
  return { bird, directory, agent, coordinator: await startCoordinator(scope, directory) };
}

const world = startOnce(startBench);

test('the node tells what its coordinator decided, with itself as next hop', options, async () => {
  const { bird } = world();
  const route = await bird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  assert.match(route, /BGP\.next_hop: 127\.0\.0\.1/);
  const session = await bird.ask('show', 'protocols', 'all', 'announcer');
  assert.match(session, /Neighbor ID: +10\.66\.1\.11/);
});

test("fairlead bgp on the coordinator shows the node's session and what it told", options, async () => {
  const { directory } = world();
  let output = '';
  for (let attempt = 0; attempt < 50 && !output.includes('203.0.113.0/24'); attempt++) {
    output = (await runFairlead(['bgp'], directory)).stdout;
  }
  assert.match(output, /^site fra {2}AS 65010 {2}spoken by its nodes$/m);
  assert.match(output, /^fra-lb1 +fra-rt +127\.0\.0\.1:\d+ +65000 +established /m);
  assert.match(output, /^fra-lb1 +fra-rt +203\.0\.113\.0\/24 +via 127\.0\.0\.1 path 65010 /m);
});

test('R23: the route and the session stay when the coordinator dies', options, async () => {
  const { bird, coordinator, agent } = world();
  const since = agent.output().length;
  const before = bird.log().length;
  coordinator.signal('SIGKILL');
  await coordinator.ended();
  await agent.untilLogged(/takes no reports/, since);
  assert.match(await bird.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
  assert.doesNotMatch(bird.log().slice(before), /Received: |Connection closed/);
});

test('R23: an agent that restarts without a coordinator tells what it was told last', options, async () => {
  const { bird, agent, directory } = world();
  agent.signal('SIGKILL');
  await agent.ended();
  await bird.shows(ofPrefix, /Network not found/);
  world().agent = startAgent(directory);
  await bird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
});

test('a coordinator that comes back finds the node as it is, and changes nothing', options, async () => {
  const { bird, directory, agent } = world();
  const since = agent.output().length;
  const before = bird.log().length;
  world().coordinator = await startCoordinator(scope, directory);
  await agent.untilLogged(/takes reports/, since);
  await world().coordinator.untilLogged(/203\.0\.113\.0\/24 is announced/);
  assert.match(await bird.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
  assert.doesNotMatch(bird.log().slice(before), /withdraw|Connection closed/i);
});

test('R24: an agent that is stopped drains, withdraws, and says why', options, async () => {
  const { bird, agent } = world();
  const since = bird.log().length;
  agent.signal('SIGTERM');
  await bird.logs(drainedBy('announcer'), since);
  await bird.shows(ofPrefix, /Network not found/);
  await bird.logs(/Received: Administrative shutdown: "the agent of this node stops"/);
  assert.equal(await agent.ended(), 0);
});
