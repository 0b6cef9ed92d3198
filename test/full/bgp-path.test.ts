/**
 * Two nodes on the path of a site, from sites/*.yaml to a real BIRD with BFD, TCP-MD5 and GTSM, with real HAProxy and
 * the real loopback: who dies takes its own route along, and no other's.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { eventually } from '../../src/bgp-ts/test/wait.ts';
import type { Finished } from '../../src/cli/process.fixture.ts';
import { missingHaproxy, startBackend, startHaproxy } from '../peers/haproxy-process.ts';
import type { HaproxyProcess } from '../peers/haproxy-process.ts';
import { startFairlead } from '../cli/fairlead-process.ts';
import type { FairleadProcess } from '../cli/fairlead-process.ts';
import { channel, drainedBy } from '../cli/bird-sites.ts';
import { labIsMissing, PathLab, routerAddress } from '../cli/path-lab.ts';
import { directoryWith, fileScope, writeFiles } from '../cli/scope.ts';
import { apiPort, apiUrl } from '../cli/world.ts';

const options = { timeout: 60_000, skip: labIsMissing === false ? (missingHaproxy() ?? false) : labIsMissing };
const scope = fileScope();

const machines = { site: '10.9.0.1', lb1: '10.9.0.11', lb2: '10.9.0.12' } as const;
type Node = 'lb1' | 'lb2';
const nodes = ['lb1', 'lb2'] as const;

/** Put on the loopback by the agents, and by the operator. */
const managed = { prefix: '203.0.113.0/24', address: '203.0.113.1' };
const own = { prefix: '198.51.100.0/24', address: '198.51.100.1' };

const routerFile = `
  protocol bfd { interface "*" { interval 300 ms; multiplier 10; }; }
  template bgp node {
    local ${routerAddress} as 65000;
    password "right key"; ttl security on; bfd on; graceful restart on;
    passive on; error wait time 1, 1;
    ${channel.replace('{', '{ import table on;')}
  }
  protocol bgp lb1 from node { neighbor ${machines.lb1} as 65010; }
  protocol bgp lb2 from node { neighbor ${machines.lb2} as 65010; }
`;

const siteFile = `site: fra
name: Frankfurt
location: { latitude: 50.1, longitude: 8.6 }
coordinator: { api: '${apiUrl(machines.site)}' }
nodes:
  - { name: lb1, routerId: ${machines.lb1} }
  - { name: lb2, routerId: ${machines.lb2} }
endpoints:
  www: [ { address: ${managed.address}, port: ${apiPort}, probe: ${machines.site} } ]
  mail: [ { address: ${own.address}, port: ${apiPort}, probe: ${machines.site} } ]
bgp:
  asn: 65010
  routerId: ${machines.site}
  speaker: nodes
  loopback: managed
  neighbors:
    - name: rt
      address: ${routerAddress}
      asn: 65000
      holdTime: 90s
      ttlSecurity: 1
      md5: border
      dscp: 48
      families: [ipv4-unicast]
      bfd: { interval: 300ms, multiplier: 10, strict: true }
`;

const files = {
  'fairlead.yaml': `site: fra
stateDirectory: var
dns: { listen: ['${machines.site}:5300'] }
api: { listen: '${machines.site}:${apiPort}', tokenFile: token }
replication: { role: writer }
`,
  token: 'a-shared-token\n',
  'sites/fra.yaml': siteFile,
  'zones/services.yaml': `services:
  www: { check: { type: tcp, interval: 200ms, timeout: 5s } }
  mail: { check: { type: tcp, interval: 200ms, timeout: 5s } }
prefixes:
  - { prefix: ${managed.prefix}, sites: [fra], gatedBy: { any: [www] }, drain: 1s }
  - { prefix: ${own.prefix}, sites: [fra], gatedBy: { any: [mail] }, drain: 1s }
`,
  'zones/example.com.zone': `$TTL 300
@   IN SOA ns1 hostmaster 1 3600 600 1209600 60
@   IN NS  ns1
@   IN NS  ns2
ns1 IN A   192.0.2.53
ns2 IN A   192.0.2.54
`,
};

const agentFile = (node: Node, { socketPath }: HaproxyProcess): string => `site: fra
node: ${node}
tokenFile: ../token
interval: 200ms
coordinators: ['${apiUrl(machines.site)}']
latency: { enabled: false }
haproxy:
  socket: ${socketPath}
  reloadHold: 300ms
  restartGrace: 300ms
  services:
    www: { backend: be_www, frontends: [fe_www] }
    mail: { backend: be_www, frontends: [fe_www] }
bgp: { keys: { border: ../key } }
`;

interface Bench {
  readonly lab: PathLab;
  readonly directory: string;
  readonly haproxy: Readonly<Record<Node, HaproxyProcess>>;
  readonly addresses: () => string;
  readonly agents: Record<Node, FairleadProcess>;
  readonly coordinator: FairleadProcess;
}

let bench: Bench | undefined;

function world(): Bench {
  assert.ok(bench !== undefined);
  return bench;
}

function startAgent(lab: PathLab, directory: string, node: Node): FairleadProcess {
  return startFairlead(scope, ['agent', '--config', `${node}/agent.yaml`], directory, lab.within(node));
}

/** Runs a command beside a node's agent. */
function onNode(node: Node, ...args: readonly string[]): Promise<Finished> {
  const { directory } = world();
  return runFairlead(args, join(directory, node));
}

const routeOf = (node: Node, prefix = managed.prefix): string => `show route all protocol ${node} ${prefix}`;
const isTold = /BGP\.as_path: 65010\n/;
/** BIRD says nothing at all where only others tell the prefix. */
const isGone = /^(?![^]*BGP\.as_path)/;
/** Told, at whatever standing. */
const isTellingStill = /BGP\.as_path: 65010/;

function loopbackOf(node: Node): string {
  return world().lab.run(node, 'ip', '-o', 'address', 'show', 'dev', 'lo');
}

/** The time of the first line that matches, as text that sorts. */
function timeOf(log: string, pattern: RegExp): string {
  const line = log.split('\n').find((each) => pattern.test(each)) ?? '';
  const time = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d\.\d{6})/.exec(line);
  assert.ok(time !== null, `no line with ${String(pattern)} and its time in\n${log}`);
  return `${time[1]} ${time[2]}`;
}

before(async () => {
  if (options.skip !== false) return;
  const lab = await PathLab.start(scope, machines, routerFile);
  lab.run('lb1', 'ip', 'address', 'add', `${own.address}/32`, 'dev', 'lo');
  const addresses = await lab.watchAddresses('lb1');
  const backend = await startBackend(scope);
  const haproxy = { lb1: startHaproxy(scope, [backend]), lb2: startHaproxy(scope, [backend]) };
  const directory = directoryWith(scope, {
    ...files,
    key: 'right key\n',
    'lb1/agent.yaml': agentFile('lb1', haproxy.lb1),
    'lb2/agent.yaml': agentFile('lb2', haproxy.lb2),
  });
  const coordinator = startFairlead(scope, ['coordinator'], directory, lab.within('site'));
  const agents = { lb1: startAgent(lab, directory, 'lb1'), lb2: startAgent(lab, directory, 'lb2') };
  await coordinator.untilLogged(/answering DNS on/);
  bench = { lab, directory, haproxy, addresses, agents, coordinator };
});

test('both nodes have sessions with their key, GTSM and BFD, and tell both prefixes', options, async () => {
  const { lab } = world();
  for (const node of nodes) {
    for (const { prefix } of [managed, own]) await lab.shows(routeOf(node, prefix), isTold);
    await lab.shows('show bfd sessions', new RegExp(`^${machines[node].replaceAll('.', '\\.')} +\\S+ +Up `, 'm'));
  }
  const { code, stdout } = await onNode('lb1', 'bgp');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^lb1 +rt +10\.9\.0\.254:179 +65000 +established .* up, 3000ms /m);
  assert.equal((await onNode('lb2', 'status')).code, 0);
});

test('R16: the managed address is on the loopback before the router hears of its prefix', options, () => {
  const { lab, addresses } = world();
  const put = timeOf(addresses(), /lo .*203\.0\.113\.1\/32/);
  const heard = timeOf(lab.log(), /lb1.*added.* 203\.0\.113\.0\/24/);
  assert.ok(put < heard, `${put} is before ${heard}`);
  assert.doesNotMatch(addresses(), /198\.51\.100\.1/, "the operator's own address is not touched");
});

test(
  'R16: the node whose HAProxy dies takes its routes back, and its address after them; the other stays',
  options,
  async () => {
    const { lab, haproxy, addresses } = world();
    const since = lab.log().length;
    await haproxy.lb1.kill();
    await lab.shows(routeOf('lb1'), isGone);
    await lab.shows('show protocols lb1', /Established/);
    assert.match(await lab.ask(routeOf('lb2')), isTold);
    await lab.shows('show protocols lb2', /Established/);
    await eventually('the address is off', () => (loopbackOf('lb1').includes(managed.address) ? undefined : true));
    const taken = timeOf(lab.log().slice(since), /lb1.*removed.* 203\.0\.113\.0\/24/);
    const deletion = /Deleted.*203\.0\.113\.1\/32/;
    await eventually('its deletion is noted', () => (deletion.test(addresses()) ? true : undefined));
    const removed = timeOf(addresses(), deletion);
    assert.ok(taken < removed, `${taken} is before ${removed}`);
    assert.match(loopbackOf('lb1'), /198\.51\.100\.1\/32/, "the operator's own address stays");
  },
);

test('R19: when the last node dies too, the site decides: with no other site both tell again', options, async () => {
  const { lab, haproxy, coordinator } = world();
  const since = coordinator.output().length;
  await haproxy.lb2.kill();
  // The last step of the ladder that stays: told, and preferred to nothing (R20).
  await lab.shows(routeOf('lb1'), /BGP\.as_path: 65010 65010/);
  await coordinator.untilLogged(/everything went down at once|nothing is up|203\.0\.113\.0\/24 stays/, since);
  assert.match(await lab.ask(routeOf('lb2')), isTellingStill);
  for (const node of nodes) haproxy[node].start();
  for (const node of nodes) await lab.shows(routeOf(node), isTold);
});

test('BFD that goes unheard ends the session of its node alone, and it comes back', options, async () => {
  const { lab } = world();
  const since = lab.log().length;
  lab.blockBfd('lb1', true);
  await lab.shows(routeOf('lb1'), isGone);
  // The hold time is 90 s: it was BFD, whichever end was first. Cease 6/10 is BFD Down (RFC 9384).
  await lab.logs(/lb1: (BFD session down|Received: .*6\.10)/, since);
  assert.match(await lab.ask(routeOf('lb2')), isTold);
  await eventually('lb1 to say so', async () => {
    const { stdout } = await onNode('lb1', 'bgp');
    return /^lb1 +rt .* waiting .*BFD failed \(strict\)$/m.test(stdout) ? true : undefined;
  });
  assert.match(await lab.ask(routeOf('lb1')), isGone, 'strict: it stays away until BFD is back');
  lab.blockBfd('lb1', false);
  await lab.shows(routeOf('lb1'), isTold);
});

test('a cable that is pulled takes the route of its node, and brings it back', options, async () => {
  const { lab } = world();
  lab.setLink('lb2', 'down');
  await lab.shows(routeOf('lb2'), isGone);
  assert.match(await lab.ask(routeOf('lb1')), isTold);
  lab.setLink('lb2', 'up');
  await lab.shows(routeOf('lb2'), isTold);
});

test('an agent that hangs is dropped by BFD, although its TCP connection stands', options, async () => {
  const { lab, agents } = world();
  const since = lab.log().length;
  agents.lb1.signal('SIGSTOP');
  // Its threads stop with it; nothing is said, and the hold time is 90 s.
  await lab.logs(/lb1: BFD session down/, since);
  await lab.shows(routeOf('lb1'), isGone);
  agents.lb1.signal('SIGCONT');
  await lab.shows(routeOf('lb1'), isTold);
});

test(
  'an agent that is killed on the path takes its route along at once: its router keeps nothing stale',
  options,
  async () => {
    const { lab, agents, directory } = world();
    agents.lb1.signal('SIGKILL');
    await lab.shows(routeOf('lb1'), isGone);
    assert.doesNotMatch(await lab.ask('show protocols all lb1'), /graceful restart active/i);
    agents.lb1 = startAgent(lab, directory, 'lb1');
    await lab.shows(routeOf('lb1'), isTold);
  },
);

test('a wrong key is told in words on the node', options, async () => {
  const { lab, agents, directory } = world();
  agents.lb2.signal('SIGTERM');
  assert.equal(await agents.lb2.ended(), 0);
  writeFiles(directory, { key: 'wrong key\n' });
  agents.lb2 = startAgent(lab, directory, 'lb2');
  const doctor = await eventually('a finding', async () => {
    const { stdout, code } = await onNode('lb2', 'doctor', 'bgp');
    return code === 1 && stdout.includes('lb2 rt: the session is connect') ? stdout : undefined;
  });
  assert.match(doctor, /^lb2 rt: the session is \w+: .*\n +-> compare the TCP-MD5 key 'border' on both sides/m);
  writeFiles(directory, { key: 'right key\n' });
  agents.lb2.signal('SIGHUP');
  await lab.shows(routeOf('lb2'), isTold);
});

test(
  'R23, R30: with the coordinator gone and the cable pulled, a node still tells what it does and why',
  options,
  async () => {
    const { lab, coordinator } = world();
    coordinator.signal('SIGKILL');
    await coordinator.ended();
    lab.setLink('lb1', 'down');
    await lab.shows(routeOf('lb1'), isGone);
    const status = await eventually('both are noticed', async () => {
      const { stdout } = await onNode('lb1', 'status');
      return /^http\S+ +lost /m.test(stdout) && !/^rt .* established /m.test(stdout) ? stdout : undefined;
    });
    assert.match(status, /^node lb1 of site fra, up /);
    assert.match(status, /^www +up +1\/1 /m);
    assert.match(status, /^BGP: acts on what its coordinator says$/m);
    assert.match(status, /^on the loopback by this agent: 203\.0\.113\.1$/m);
    const plan = await onNode('lb1', 'bgp', '--plan');
    assert.match(plan.stdout, /^\+ +lb1 +rt +203\.0\.113\.0\/24 +nothing +its route, when there is a session /m);
    const printed = await onNode('lb1', 'doctor', 'bgp', '--for', 'bird');
    assert.match(printed.stdout, /net !~ \[ 203\.0\.113\.0\/24, 198\.51\.100\.0\/24 \]/);
    lab.setLink('lb1', 'up');
    await lab.shows(routeOf('lb1'), isTold);
    assert.match(await lab.ask(routeOf('lb2')), isTold);
  },
);

test(
  'R23: a node that starts with its coordinator gone tells what it was told last, and says so',
  options,
  async () => {
    const { lab, agents, directory } = world();
    agents.lb1.signal('SIGKILL');
    await lab.shows(routeOf('lb1'), isGone);
    agents.lb1 = startAgent(lab, directory, 'lb1');
    await lab.shows(routeOf('lb1'), isTold);
    const { stdout } = await onNode('lb1', 'status');
    assert.match(stdout, /^BGP: acts on what its coordinator said before the last restart of this agent/m);
  },
);

test(
  'fairlead stop on a node drains it without a coordinator, and leaves what the operator put there',
  options,
  async () => {
    const { lab, agents } = world();
    const since = lab.log().length;
    const stopping = onNode('lb1', 'stop');
    await lab.logs(drainedBy('lb1'), since);
    await lab.shows(routeOf('lb1'), isGone);
    const { code, stdout } = await stopping;
    assert.deepEqual([code, stdout], [0, 'stopped\n']);
    assert.equal(await agents.lb1.ended(), 0);
    await lab.logs(/lb1: Received: Administrative shutdown: "the agent of this node stops"/, since);
    const left = loopbackOf('lb1');
    assert.ok(!left.includes(managed.address), left);
    assert.match(left, /198\.51\.100\.1\/32/);
    assert.match(await lab.ask(routeOf('lb2')), isTold);
  },
);
