import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { NeighborPlan } from '#border/plan.ts';
import { readBgpMachine } from './bgp-machine.ts';
import { bgpMachineProblems, bgpProblems, bgpWarnings } from './bgp-checks.ts';
import { parsePolicies } from './policy.ts';
import { formatProblem } from './problem.ts';
import { parseSite } from './site.ts';
import type { SiteDocument } from './site.ts';

/** A site file with these lines below `bgp`; its neighbors begin in line 9. */
function siteFile(neighbor: string, { speaker = 'coordinator', nodes = '[]' } = {}): string {
  return `site: fra
name: Frankfurt
location: { latitude: 50.1, longitude: 8.6 }
nodes: ${nodes}
bgp:
  asn: 65010
  routerId: 10.66.1.53
  speaker: ${speaker}
  neighbors:
    - { name: rt1, address: 10.66.1.1, asn: 65000${neighbor} }
`;
}

function sound(text: string): SiteDocument {
  const parsed = parseSite('sites/fra.yaml', text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault.map(formatProblem).join('\n'));
  return parsed.value;
}

function planOf(text: string): NeighborPlan {
  const plan = sound(text).site.bgp?.neighbors[0];
  assert.ok(plan !== undefined);
  return plan;
}

function faultsOf(text: string): readonly string[] {
  const parsed = parseSite('sites/fra.yaml', text);
  assert.ok(!parsed.ok, 'the text must be refused');
  return parsed.fault.map(formatProblem);
}

const onPath = { speaker: 'nodes', nodes: '[{ name: lb1, routerId: 10.66.1.11 }, { name: lb2 }]' };

test('R24: off the path graceful restart is on and BFD is off, on it the other way round', () => {
  const { gracefulRestart, bfd, ...rest } = planOf(siteFile(''));
  assert.deepEqual([gracefulRestart, bfd], [{ restartTimeSeconds: 120, hasNotification: true }, undefined]);
  assert.deepEqual(rest, {
    name: 'rt1',
    address: '10.66.1.1',
    port: 179,
    peerAsn: 65000,
    localAsn: 65010,
    holdTimeSeconds: 9,
    connection: 'active',
    families: ['ipv4-unicast', 'ipv6-unicast'],
    extendedNextHop: false,
  });
  const here = planOf(siteFile('', onPath));
  assert.deepEqual([here.gracefulRestart, here.bfd], [undefined, { intervalMs: 500, multiplier: 4, isStrict: false }]);
});

test('nodes speak that have a router id', () => {
  assert.deepEqual(sound(siteFile('', onPath)).site.bgp?.nodes, [{ node: 'lb1', routerId: '10.66.1.11' }]);
});

test('everything that a neighbor can have is read', () => {
  const more = `, port: 1790, localAddress: 10.66.1.53, holdTime: 30s, connection: both, families: [ipv4-unicast],
      multihop: 3, ttlSecurity: 3, md5: rt1, device: eth1, dscp: 48, role: { local: customer, strict: true },
      gracefulRestart: { restartTime: 5m, notification: false }, bfd: { enabled: true, interval: 300ms, multiplier: 3,
      strict: true }, extendedNextHop: true, prefixes: [203.0.113.0/24], blackhole: false,
      export: { med: 10, draining: { prepend: 5 } } `;
  assert.deepEqual(planOf(siteFile(more)), {
    name: 'rt1',
    address: '10.66.1.1',
    port: 1790,
    peerAsn: 65000,
    localAsn: 65010,
    localAddress: '10.66.1.53',
    holdTimeSeconds: 30,
    connection: 'both',
    families: ['ipv4-unicast'],
    multihop: 3,
    ttlSecurityHops: 3,
    md5Key: 'rt1',
    device: 'eth1',
    dscp: 48,
    role: { local: 'customer', isStrict: true },
    gracefulRestart: { restartTimeSeconds: 300, hasNotification: false },
    bfd: { intervalMs: 300, multiplier: 3, isStrict: true },
    extendedNextHop: true,
    prefixes: ['203.0.113.0/24'],
    blackhole: false,
    export: { med: 10, draining: { prepend: 5 } },
  });
});

test('each mode can be given what the other has by default, or be denied its own', () => {
  const turned = ', gracefulRestart: { enabled: false }, bfd: { enabled: true }';
  const plan = planOf(siteFile(turned));
  assert.deepEqual([plan.gracefulRestart, plan.bfd?.intervalMs], [undefined, 500]);
});

test('a hold time of 0 is taken, and warned of where no BFD watches the router', () => {
  const warningsOf = (text: string): readonly string[] => {
    assert.equal(planOf(text).holdTimeSeconds, 0);
    return bgpWarnings([sound(text)]).map(formatProblem);
  };
  assert.deepEqual(warningsOf(siteFile(', holdTime: 0s, bfd: { enabled: true }')), []);
  assert.deepEqual(warningsOf(siteFile(', holdTime: 0s', onPath)), []);
  for (const text of [siteFile(', holdTime: 0s'), siteFile(', holdTime: 0s, bfd: { enabled: false }', onPath)]) {
    const [warning = '', ...more] = warningsOf(text);
    assert.deepEqual(more, []);
    assert.match(warning, /^sites\/fra\.yaml:10:\d+: bgp\.neighbors\[0\]\.holdTime: a hold time of 0 without BFD, /);
    assert.match(warning, /expected whole seconds from 3s .*, or bfd: \{ enabled: true \}/);
  }
});

const refusals: [what: string, text: string, fault: RegExp][] = [
  [
    'a hold time of 2 s',
    siteFile(', holdTime: 2s'),
    /^sites\/fra\.yaml:10:62: bgp\.neighbors\[0\]\.holdTime: a hold time of 2/,
  ],
  ['a hold time that is no whole seconds', siteFile(', holdTime: 3500ms'), /a hold time of 3\.5 seconds/],
  [
    'a local address of the other family',
    siteFile(", localAddress: '2001:db8::1'"),
    /10:66: .*localAddress: .*different families/,
  ],
  [
    'a restart time over 4095 s',
    siteFile(', gracefulRestart: { restartTime: 2h }'),
    /gracefulRestart\.restartTime: .*4095s/,
  ],
  [
    'a BFD interval under 300 ms',
    siteFile(', bfd: { interval: 50ms }', onPath),
    /bfd\.interval: got '50ms', expected 300ms to 60s/,
  ],
  [
    'GTSM that the neighbor cannot pass',
    siteFile(', multihop: 3, ttlSecurity: 1'),
    /ttlSecurity: 1 would drop a neighbor 3 hops away/,
  ],
  [
    'a role within our own AS',
    siteFile(', role: { local: peer }').replace('asn: 65000', 'asn: 65010'),
    /role: a role towards AS 65010/,
  ],
  [
    'a source address that all nodes share',
    siteFile(', localAddress: 10.66.1.11', onPath),
    /all nodes would speak from one address/,
  ],
  [
    'nodes that have no router id',
    siteFile('', { ...onPath, nodes: '[{ name: lb1 }]' }),
    /8:12: bgp\.speaker: no node of the site has a routerId/,
  ],
  ['nodes where there are none', siteFile('', { speaker: 'nodes' }), /the site has no nodes/],
  [
    'a router id that two nodes share',
    siteFile('', { ...onPath, nodes: '[{ name: a, routerId: 10.0.0.1 }, { name: b, routerId: 10.0.0.1 }]' }),
    /node 'b' has the routerId '10\.0\.0\.1' of 'a'/,
  ],
  [
    'a loopback that nobody would manage',
    siteFile('').replace('  neighbors:', '  loopback: managed\n  neighbors:'),
    /loopback: got 'managed' where the coordinator speaks/,
  ],
  [
    'two sessions between the same two addresses',
    `${siteFile('')}    - { name: rt2, address: 10.66.1.1, asn: 65000 }\n`,
    /^sites\/fra\.yaml:11:29: bgp\.neighbors\[1\]\.address: '10\.66\.1\.1' port 179 is neighbor 'rt1' already/,
  ],
  ['an unknown key', siteFile(', password: x'), /unknown key 'password'/],
  ['an unknown role', siteFile(', role: { local: upstream }'), /role\.local: got 'upstream', expected/],
  ['a community that is none', siteFile(', export: { communities: [no-export] }'), /export\.communities\[0\]/],
];

for (const [what, text, fault] of refusals) {
  test(`refused with its place: ${what}`, () => {
    assert.match(faultsOf(text).join('\n'), fault);
  });
}

function policyOf(gate: string) {
  const text = `prefixes:\n  - { prefix: 203.0.113.0/24, sites: [fra], gatedBy: ${gate} }\n`;
  const parsed = parsePolicies(new Map([['zones/p.yaml', text]]));
  assert.ok(parsed.ok);
  return parsed.value.prefixes;
}

test('a prefix of a neighbor that this site does not announce is refused', () => {
  const document = sound(siteFile(', prefixes: [203.0.113.0/24, 198.51.100.0/24]'));
  assert.deepEqual(bgpProblems([document], policyOf('always')).map(formatProblem), [
    "sites/fra.yaml:10:79: bgp.neighbors[0].prefixes[1]: '198.51.100.0/24' is not announced at this site, expected a prefix of zones/*.yaml that lists 'fra'",
  ]);
});

test('a prefix that no neighbor of a site would be told is refused', () => {
  const rows: [string, RegExp | undefined][] = [
    ['', undefined],
    [
      ', families: [ipv6-unicast]',
      /^zones\/p\.yaml:2:39: .*no neighbor of 'fra' is told 203\.0\.113\.0\/24, expected one/,
    ],
    [', families: [ipv6-unicast] }\n    - { name: rt2, address: 10.66.1.2, asn: 65000', undefined],
  ];
  for (const [neighbor, expected] of rows) {
    const problems = bgpProblems([sound(siteFile(neighbor))], policyOf('always')).map(formatProblem);
    if (expected === undefined) assert.deepEqual(problems, []);
    else assert.match(problems.join('\n'), expected);
  }
});

test('R18: a nameserver prefix at a site whose nodes speak is refused', () => {
  const [problem, ...others] = bgpProblems([sound(siteFile('', onPath))], policyOf('nameserver'));
  assert.ok(problem !== undefined);
  assert.match(formatProblem(problem), /^zones\/p\.yaml:2:39: .*the nodes of 'fra' speak BGP and do not answer DNS/);
  assert.deepEqual(others, []);
  assert.deepEqual(bgpProblems([sound(siteFile(''))], policyOf('nameserver')), []);
});

test('a key and a listener that the machine does not have are told before it starts', () => {
  const { site, problemAt } = sound(siteFile(', md5: rt1, connection: passive'));
  const bare = { localAddress: undefined, listen: [], md5Keys: new Map<string, string>() };
  assert.deepEqual(bgpMachineProblems(site, bare, problemAt).map(formatProblem), [
    "sites/fra.yaml:10:57: bgp.neighbors[0].md5: fairlead.yaml names no file of the key 'rt1', expected it under bgp.keys",
    'sites/fra.yaml:10:74: bgp.neighbors[0].connection: the neighbor is passive and this machine does not listen, expected bgp.listen in fairlead.yaml',
  ]);
});

test('keys are read as they are but for their line end, and what is no key is told with its name', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-keys-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = { good: ' with spaces \n', empty: '\n', long: 'x'.repeat(81), two: 'a\nb\n' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const good = readBgpMachine(folder, { listen: [], keys: { k: 'good' } });
  assert.ok(good.ok);
  assert.equal(good.value.md5Keys.get('k'), ' with spaces ');
  const bad = readBgpMachine(folder, { listen: [], keys: { a: 'empty', b: 'long', c: 'two', d: 'none' } });
  assert.ok(!bad.ok);
  assert.deepEqual(
    bad.fault.map(({ path, message }) => `${path.join('.')}: ${message}`),
    [
      "bgp.keys.a: 'empty' holds a key of 0 octets, expected 1 to 80 (RFC 2385)",
      "bgp.keys.b: 'long' holds a key of 81 octets, expected 1 to 80 (RFC 2385)",
      "bgp.keys.c: 'two' holds several lines, expected one with the key",
      "bgp.keys.d: 'none' cannot be read: there is no such file",
    ],
  );
});
