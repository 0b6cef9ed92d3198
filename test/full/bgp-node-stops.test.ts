/** `fairlead stop` on the nodes of a site, with a real BIRD: the last one asks, as a site that stops does (ADR 32). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import type { Finished } from '../../src/cli/process.fixture.ts';
import { Bird } from '../../src/bgp-ts/test/bird.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';
import {
  birdOptions as options,
  channel,
  drainedBy,
  ofPrefix,
  prefix,
  startBird,
  startOnce,
} from '../cli/bird-sites.ts';
import { startCoordinator, startFairlead } from '../cli/fairlead-process.ts';
import type { FairleadProcess } from '../cli/fairlead-process.ts';
import { directoryWith, fileScope, loopbackAddress } from '../cli/scope.ts';
import type { Sites } from '../cli/scope.ts';
import { startWebServer } from '../cli/web-server.ts';
import type { WebServer } from '../cli/web-server.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from '../cli/world.ts';

const scope = fileScope();
const nodes = ['lb1', 'lb2'] as const;
type Node = (typeof nodes)[number];

interface Bench {
  /** The router of both nodes, a session each. */
  readonly bird: Bird;
  readonly iadBird: Bird;
  readonly iadWeb: WebServer;
  readonly directories: Readonly<Record<keyof Sites | Node, string>>;
  readonly agents: Record<Node, FairleadProcess>;
  readonly fra: FairleadProcess;
}

/** A BIRD that knows a second neighbor, at a port of its own. */
async function startRouter(second: { readonly address: string; readonly port: number }): Promise<Bird> {
  const more = `${channel}
      }
      protocol bgp second {
        local 127.0.0.1 port ${second.port} as 65000;
        neighbor ${second.address} as 65010;
        passive on; multihop; error wait time 1, 2;
        ${channel}`;
  const bird = await Bird.start({ local: 65_000, peer: 'as 65010' }, more);
  scope.after(() => bird[Symbol.asyncDispose]());
  return bird;
}

function startAgent(directory: string): FairleadProcess {
  return startFairlead(scope, ['agent', '--config', 'agent.yaml'], directory);
}

async function startBench(): Promise<Bench> {
  const sites = newSites();
  const second = { address: loopbackAddress(), port: await freePort() };
  const bird = await startRouter(second);
  const iadBird = await startBird(scope);
  await startWebServer(scope, sites.fra);
  const iadWeb = await startWebServer(scope, sites.iad);
  const siteLines = {
    fra: `nodes: [ { name: lb1, routerId: 10.66.1.11 }, { name: lb2, routerId: 10.66.1.12 } ]
bgp:
  asn: 65010
  routerId: 10.66.1.53
  speaker: nodes
  neighbors:
    - { name: rt1, address: 127.0.0.1, asn: 65000, port: ${bird.port}, bfd: { enabled: false } }
    - { name: rt2, address: 127.0.0.1, asn: 65000, port: ${second.port}, bfd: { enabled: false } }
`,
    iad: `bgp:
  asn: 65010
  routerId: ${sites.iad}
  neighbors: [ { name: rt, address: 127.0.0.1, asn: 65000, port: ${iadBird.port} } ]
`,
  };
  const policyLines = `prefixes:\n  - { prefix: ${prefix}, sites: [fra, iad], gatedBy: { any: [www] }, drain: 1s }\n`;
  const agentFile = (node: Node, address: string): string => `site: fra
node: ${node}
interval: 200ms
coordinators: ['${apiUrl(sites.fra)}', '${apiUrl(sites.iad)}']
latency: { enabled: false }
bgp: { localAddress: ${address} }
`;
  const release = releaseFiles(sites, { siteLines, policyLines });
  const directories = {
    fra: directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...release }),
    iad: directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) }),
    lb1: directoryWith(scope, { 'agent.yaml': agentFile('lb1', '127.0.0.1') }),
    lb2: directoryWith(scope, { 'agent.yaml': agentFile('lb2', second.address) }),
  };
  const agents = { lb1: startAgent(directories.lb1), lb2: startAgent(directories.lb2) };
  const iad = startFairlead(scope, ['coordinator'], directories.iad);
  const fra = await startCoordinator(scope, directories.fra);
  await iad.untilLogged(/answering DNS on/);
  await bird.shows(ofPrefix, /\[announcer [^]*\[second |\[second [^]*\[announcer /);
  await iadBird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  return { bird, iadBird, iadWeb, directories, agents, fra };
}

const world = startOnce(startBench);

let remaining: Node = 'lb1';

test(
  'R19: of two nodes that are stopped at once with no other site serving, one goes, the other keeps the route',
  options,
  async () => {
    const { bird, iadBird, iadWeb, directories, agents } = world();
    await iadWeb.stop();
    // It is down there, and stays de-preferred: no agent of the other site says that `www` works behind it.
    await iadBird.shows(ofPrefix, /BGP\.med: 1000/);
    const progress: { ended: readonly Finished[] | undefined } = { ended: undefined };
    const stopping = Promise.all(nodes.map((node) => runFairlead(['stop'], directories[node]))).then((ended) => {
      progress.ended = ended;
    });
    while (progress.ended === undefined) {
      assert.match(await bird.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
      // What is looked at needs the processor, too.
      await pause(20);
    }
    await stopping;
    assert.deepEqual(progress.ended.map(({ code }) => code).toSorted(), [0, 1]);
    const isFirstGone = progress.ended[0]?.code === 0;
    const [gone, stays] = isFirstGone ? (['lb1', 'lb2'] as const) : (['lb2', 'lb1'] as const);
    remaining = stays;
    const { stderr } = progress.ended[nodes.indexOf(stays)] ?? { stderr: '' };
    assert.match(stderr, /the agent goes on\. 203\.0\.113\.0\/24 stays: 0 other sites serve it, at least 1 must/);
    assert.match(stderr, /to end it all the same: 'fairlead stop --force R19'/);
    assert.equal(await agents[gone].ended(), 0);
    await bird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
    assert.doesNotMatch(await bird.ask('show', 'route', 'all', prefix), /65535,0/);
  },
);

test(
  'R24: the last node goes when another site serves, and its agent that starts again tells the route again',
  options,
  async () => {
    const { bird, iadBird, iadWeb, directories, agents, fra } = world();
    await iadWeb.start();
    await iadBird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
    const since = fra.output().length;
    const before = bird.log().length;
    const stopping = runFairlead(['stop'], directories[remaining]);
    await bird.logs(drainedBy(remaining === 'lb1' ? 'announcer' : 'second'), before);
    await bird.shows(ofPrefix, /Network not found/);
    const { code, stdout, stderr } = await stopping;
    assert.deepEqual([code, stdout, stderr], [0, 'stopped\n', '']);
    assert.equal(await agents[remaining].ended(), 0);
    await fra.untilLogged(/is stopped and may go: other sites serve what it told/, since);
    await iadBird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
    agents[remaining] = startAgent(directories[remaining]);
    await bird.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  },
);

test(
  'R30: an agent whose coordinator is gone is stopped all the same, and says that nobody was asked',
  options,
  async () => {
    const { bird, directories, agents, fra } = world();
    fra.signal('SIGKILL');
    await fra.ended();
    const { code, stdout, stderr } = await runFairlead(['stop'], directories[remaining]);
    assert.deepEqual([code, stdout], [0, 'stopped\n']);
    assert.match(
      stderr,
      /^fairlead stop: no coordinator of this site has said for 5 s whether another serves its routes: /,
    );
    assert.equal(await agents[remaining].ended(), 0);
    await bird.shows(ofPrefix, /Network not found/);
  },
);
