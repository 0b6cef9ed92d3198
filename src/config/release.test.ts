import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from './problem.ts';
import { policyText, readAnyZone, readingsOf, releaseWith, siteText } from './release.fixture.ts';
import type { ZoneReader } from './release.fixture.ts';
import type { ReleaseFiles } from './release-files.ts';
import type { IpAddress } from '#base/ip.ts';
import { compileRelease } from './release.ts';
import type { CompiledRelease } from './release.ts';
import { managedPrefixes } from '#steering/model.ts';
import type { ZoneFacts } from './zone-facts.ts';

const anycastAddress = '203.0.113.53' as IpAddress;

function compiled(files: ReleaseFiles, readZone: ZoneReader = readAnyZone): CompiledRelease {
  const release = compileRelease(files, { site: 'fra', zones: readingsOf(files, readZone) });
  assert.ok(release.ok, release.ok ? '' : release.fault.map(formatProblem).join('\n'));
  return release.value;
}

function refusal(changes: Readonly<Record<string, string | undefined>>, readZone: ZoneReader = readAnyZone): string {
  const files = releaseWith(changes);
  const release = compileRelease(files, { site: 'fra', zones: readingsOf(files, readZone) });
  assert.equal(release.ok, false, 'the release must be refused');
  return release.fault.map(formatProblem).join('\n');
}

test('a sound release compiles into the models of health and steering', () => {
  const { health, steering, sites } = compiled(releaseWith());
  assert.deepEqual(
    health.subjects.map(({ key, vip, nodes, check, vrrpGraceMs }) => [key, vip, nodes, check.id, vrrpGraceMs]),
    [
      ['www/fra/4', '10.66.1.100', ['fra-lb1'], checkId('10.66.1.100'), 8000],
      ['www/iad/4', '10.66.2.100', ['iad-lb1'], checkId('10.66.2.100'), 8000],
    ],
  );
  assert.deepEqual(health.sites, ['fra', 'iad']);
  assert.deepEqual(
    health.references.map(({ address }) => address),
    ['198.51.100.1'],
  );
  assert.deepEqual(
    steering.endpoints.map(({ answer, hasAgents }) => [answer, hasAgents]),
    [
      ['10.66.1.100', true],
      ['10.66.2.100', true],
    ],
  );
  assert.deepEqual(steering.prefixes, [
    {
      prefix: '203.0.113.0/24',
      gate: { any: ['www'] },
      sites: ['fra', 'iad'],
      nextHops: new Map([
        ['fra', '10.66.1.100'],
        ['iad', '10.66.2.100'],
      ]),
      drainMs: 10_000,
    },
  ]);
  assert.equal(steering.longestTtlSeconds, 30);
  assert.equal(sites.get('fra')?.bgp?.neighbors[0]?.holdTimeSeconds, 9);
});

function checkId(address: string): string {
  return `GET http://${address}:80/healthz expecting 200, every 1000ms, timeout 1000ms, rise 2, fall 3`;
}

test('roles of an address default to each other in the order answer, vip, next hop (R16)', () => {
  const text = siteText('fra', 1).replace('port: 80', 'port: 80, vip: 10.0.0.9, probe: 10.66.1.101');
  const { health, steering } = compiled(releaseWith({ 'sites/fra.yaml': text }));
  assert.equal(health.subjects[0]?.vip, '10.0.0.9');
  assert.equal(health.subjects[0].check.address, '10.66.1.101');
  assert.equal(steering.prefixes[0]?.nextHops.get('fra'), '10.0.0.9');
});

test('a site without agents and without a coordinator is probed from elsewhere', () => {
  const bare =
    "site: iad\nname: V\nlocation: { latitude: 1, longitude: 2 }\nendpoints: { www: [{ address: '2001:db8::1', port: 80 }] }\n";
  const files = releaseWith({ 'sites/iad.yaml': bare, 'zones/www.yaml': policyText.replace('[fra, iad]', '[fra]') });
  const { health, steering } = compiled(files);
  assert.deepEqual(health.sites, ['fra']);
  assert.deepEqual(health.subjects[1]?.nodes, []);
  assert.equal(steering.endpoints[1]?.subject, 'www/iad/6');
});

const policyPrefix = (text: string): string => policyText.replace(/ {2}- \{ prefix.*\n/, `  - ${text}\n`);

const refusals: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
  [
    'this machine has no site in it',
    { 'sites/fra.yaml': undefined, 'zones/www.yaml': policyText.replace('fra, ', '') },
    "sites/: the release has no 'sites/fra.yaml', expected one for the site of this machine",
  ],
  [
    'a site stands in the file of another',
    { 'sites/iad.yaml': siteText('ord', 2), 'zones/www.yaml': policyText.replace('iad', 'ord') },
    "sites/iad.yaml:1:7: site: site 'ord' stands in 'sites/iad.yaml', expected it in 'sites/ord.yaml'",
  ],
  [
    'an endpoint is of no known service',
    {
      'sites/fra.yaml': siteText('fra', 1).replace('www:', 'ww:'),
      'zones/www.yaml': policyText.replace('[fra, iad]', '[iad]'),
    },
    "sites/fra.yaml:8:3: endpoints.ww: no service 'ww', expected one of zones/*.yaml, did you mean 'www'?",
  ],
  [
    'a service has two endpoints of one family at a site',
    { 'sites/fra.yaml': siteText('fra', 1).replace('bgp:', '    - { address: 10.66.1.101, port: 80 }\nbgp:') },
    "sites/fra.yaml:10:18: endpoints.www[1].address: '10.66.1.101' is a second IPv4 endpoint of www, expected at most one for each family",
  ],
  [
    'a role has the other family',
    { 'sites/fra.yaml': siteText('fra', 1).replace('port: 80', "port: 80, vip: '2001:db8::1'") },
    "sites/fra.yaml:9:46: endpoints.www[0].vip: '2001:db8::1' is not of the family of the address '10.66.1.100', expected IPv4",
  ],
  [
    'two sites give one address and port',
    { 'sites/iad.yaml': siteText('iad', 2).replace('10.66.2.100', '10.66.1.100') },
    "sites/iad.yaml:9:18: endpoints.www[0].address: '10.66.1.100:80' is already the endpoint of www in sites/fra.yaml:9",
  ],
  [
    'a prefix names an unknown site and an unknown service',
    { 'zones/www.yaml': policyPrefix('{ prefix: 203.0.113.0/24, sites: [fra, ida], gatedBy: { any: [wwww] } }') },
    "zones/www.yaml:5:44: prefixes[0].sites[1]: no site 'ida', expected one of sites/*.yaml, did you mean 'iad'?\n" +
      "zones/www.yaml:5:67: prefixes[0].gatedBy.any[0]: no service 'wwww', expected one of zones/*.yaml, did you mean 'www'?",
  ],
  [
    'a prefix is listed for a site that lacks a service which its gate needs',
    {
      'zones/www.yaml': policyPrefix('{ prefix: 203.0.113.0/24, sites: [iad], gatedBy: { all: [www, api] } }').replace(
        'prefixes:',
        '  api: { check: { type: tcp } }\nprefixes:',
      ),
    },
    "zones/www.yaml:6:39: prefixes[0].sites[0]: site 'iad' has endpoints of 1 of the services that gate the prefix, expected at least 2",
  ],
  [
    'a gate needs more services than it names',
    { 'zones/www.yaml': policyPrefix('{ prefix: 203.0.113.0/24, sites: [fra], gatedBy: { atLeast: 2, of: [www] } }') },
    "zones/www.yaml:5:65: prefixes[0].gatedBy.atLeast: got '2' of 1 services, expected at most 1",
  ],
  [
    'a prefix has host bits',
    { 'zones/www.yaml': policyPrefix('{ prefix: 203.0.113.1/24, sites: [fra], gatedBy: always }') },
    "zones/www.yaml:5:15: prefixes[0].prefix: got '203.0.113.1/24', expected a prefix such as 203.0.113.0/24, its host bits zero",
  ],
  [
    'a prefix is listed for a site without border routers',
    { 'sites/iad.yaml': siteText('iad', 2).replace(/bgp:[^]*$/, '') },
    "zones/www.yaml:5:44: prefixes[0].sites[1]: site 'iad' has no border routers, expected bgp in sites/iad.yaml",
  ],
  [
    'a prefix has no next hop of its family',
    { 'zones/www.yaml': policyPrefix("{ prefix: '2001:db8::/32', sites: [fra], gatedBy: always }") },
    "zones/www.yaml:5:40: prefixes[0].sites[0]: site 'fra' has no next hop for '2001:db8::/32', expected an IPv6 endpoint there",
  ],
  [
    'the same prefix and the same service stand in two files, named with the other place',
    { 'zones/a.yaml': policyText.replace(/references:[^]*$/, '') },
    "zones/www.yaml:2:3: services.www: 'www' is given twice, first in zones/a.yaml:2\n" +
      "zones/www.yaml:5:5: prefixes[0]: '203.0.113.0/24' is given twice, first in zones/a.yaml:5",
  ],
  [
    'a prefix may lose a share of its sites that is less than one',
    {
      'zones/www.yaml': policyPrefix(
        '{ prefix: 203.0.113.0/24, sites: [fra, iad], gatedBy: { any: [www] }, limits: { maxWithdrawn: 0.4 } }',
      ),
    },
    "zones/www.yaml:5:99: prefixes[0].limits.maxWithdrawn: got '0.4' of 2 sites, expected at least 0.5: no site could ever be drained",
  ],
  [
    'a prefix must keep more sites than could ever be left',
    {
      'zones/www.yaml': policyPrefix(
        '{ prefix: 203.0.113.0/24, sites: [fra, iad], gatedBy: { any: [www] }, limits: { minSites: 2 } }',
      ),
    },
    "zones/www.yaml:5:95: prefixes[0].limits.minSites: got '2' of 2 sites, expected at most 1: no site could ever be drained",
  ],
  [
    'a covering prefix covers nothing at a site',
    { 'zones/www.yaml': policyPrefix('{ prefix: 203.0.112.0/23, sites: [fra], gatedBy: covered }') },
    "zones/www.yaml:5:39: prefixes[0].sites[0]: site 'fra' has no prefix within '203.0.112.0/23' to follow",
  ],
  [
    'a community is out of range',
    {
      'zones/www.yaml': policyPrefix(
        "{ prefix: 203.0.113.0/24, sites: [fra], gatedBy: always, export: { draining: { communities: ['65536:1'] } } }",
      ),
    },
    "zones/www.yaml:5:98: prefixes[0].export.draining.communities[0]: got '65536:1', expected 2 numbers from 0 to 65535 such as '64500:80'",
  ],
  [
    'its only probe address lies in a prefix that fairlead may withdraw there (R9)',
    { 'sites/fra.yaml': siteText('fra', 1).replace('10.66.1.100', '203.0.113.10') },
    "sites/fra.yaml:9:18: endpoints.www[0].address: '203.0.113.10' would be probed but lies in 203.0.113.0/24, which fairlead may withdraw, expected a probe address of this site alone (R9)",
  ],
  [
    'a reference belongs to a site (R5)',
    { 'zones/www.yaml': policyText.replace('198.51.100.1', '10.66.2.53') },
    "zones/www.yaml:7:27: references[0].address: '10.66.2.53' belongs to site 'iad', expected a reference outside every site (R5)",
  ],
  [
    'a check would be a flood',
    { 'zones/www.yaml': policyText.replace('/healthz', '/healthz, interval: 0s') },
    "zones/www.yaml:3:52: services.www.check.interval: got '0ms', expected at least 100ms",
  ],
  [
    'a timeout is longer than a timer can be',
    { 'zones/www.yaml': policyText.replace('/healthz', '/healthz, timeout: 30d') },
    "zones/www.yaml:3:51: services.www.check.timeout: got '2592000000ms', expected at most 1d",
  ],
  [
    'a hold time is not allowed',
    { 'sites/fra.yaml': siteText('fra', 1).replace('asn: 65001 }', 'asn: 65001, holdTime: 1s }') },
    'sites/fra.yaml:14:69: bgp.neighbors[0].holdTime: a hold time of 1 seconds, expected whole seconds from 3s to 65535s (RFC 4271), or 0 with BFD',
  ],
  [
    'a path belongs to no release',
    { 'sites/../x.yaml': '' },
    "sites/../x.yaml: got the path 'sites/../x.yaml', expected sites/NAME.yaml, zones/NAME.yaml, zones/NAME.zone or zones/NAME.inc",
  ],
];

for (const [name, changes, expected] of refusals) {
  test(`refused: ${name}`, () => {
    const found = refusal(changes);
    assert.equal(found, expected);
  });
}

test('what an anycast service answers may be the same at several sites, when each has a probe address of its own', () => {
  const anycast = (id: string, number: number): string =>
    siteText(id, number).replace(/address: 10.66.\d.100/, `address: 203.0.113.10, probe: 10.66.${number}.100`);
  const release = compiled(releaseWith({ 'sites/fra.yaml': anycast('fra', 1), 'sites/iad.yaml': anycast('iad', 2) }));
  assert.equal(release.steering.endpoints.length, 2);
});

test('what is wrong with zones and what is wrong between files comes together', () => {
  const broken: ZoneReader = (file) => ({
    facts: undefined,
    problems: [{ file, line: 1, column: 1, path: '', message: 'no SOA' }],
    warnings: [],
  });
  const found = refusal({ 'sites/iad.yaml': siteText('iad', 2).replace('10.66.2.100', '10.66.1.100') }, broken);
  assert.match(found, /already the endpoint/);
  assert.match(found, /zones\/example\.com\.zone:1:1: no SOA/);
});

test('a zone in two files, and a name server within a service prefix, are refused (R18)', () => {
  const readZone: ZoneReader = (file, text) => {
    const reading = readAnyZone(file, text);
    const facts = reading.facts && { ...reading.facts, origin: 'example.com.', nameServerAddresses: [anycastAddress] };
    return { ...reading, facts };
  };
  const found = refusal({ 'zones/other.zone': '' }, readZone);
  assert.match(found, /zones\/other\.zone: zone 'example\.com\.' is already in zones\/example\.com\.zone/);
  assert.match(found, /name server address '203\.0\.113\.53' .* lies in 203\.0\.113\.0\/24/);
});

test('a nameserver prefix holds name servers, has this coordinator as next hop, and is not all that a zone has (R18)', () => {
  const policy = policyText.replace('gatedBy: { any: [www] }', 'gatedBy: nameserver');
  const readZone: ZoneReader = (file, text) => {
    const reading = readAnyZone(file, text);
    return { ...reading, facts: reading.facts && { ...reading.facts, nameServerAddresses: [anycastAddress] } };
  };
  const release = compiled(releaseWith({ 'zones/www.yaml': policy }), readZone);
  assert.deepEqual(
    release.steering.prefixes[0]?.nextHops,
    new Map([
      ['fra', 'self'],
      ['iad', 'self'],
    ]),
  );
  assert.match(
    release.warnings.map(formatProblem).join('\n'),
    /every name server of zone 'example\.com\.' lies in a prefix/,
  );
});

test('a release with a router whose death nobody would notice runs, and is warned of', () => {
  const text = siteText('fra', 1).replace('asn: 65001 }', 'asn: 65001, holdTime: 0s }');
  const { warnings } = compiled(releaseWith({ 'sites/fra.yaml': text }));
  assert.match(warnings.map(formatProblem).join('\n'), /sites\/fra\.yaml:14:69: .*a hold time of 0 without BFD/);
});

test('what a release says together is refused when it is new, and warned of where it was accepted before', () => {
  const files = releaseWith({ 'zones/www.yaml': policyText.replace('198.51.100.1', '10.66.2.53') });
  const options = { site: 'fra', zones: readingsOf(files, readAnyZone) };
  const place = 'zones/www.yaml:7:27: references[0].address';
  const refused = compileRelease(files, options);
  assert.deepEqual(refused.ok ? [] : refused.fault.map(formatProblem), [
    `${place}: '10.66.2.53' belongs to site 'iad', expected a reference outside every site (R5)`,
  ]);
  const runs = compileRelease(files, { ...options, wasAccepted: true });
  assert.ok(runs.ok);
  const warning = runs.value.warnings.map(formatProblem).find((text) => text.startsWith(place));
  assert.match(warning ?? '', /it runs since it was accepted before, a new release is refused$/);
});

test('a release that names what there is not is refused, accepted before or not', () => {
  const files = releaseWith({ 'sites/fra.yaml': siteText('fra', 1).replace('www:', 'nope:') });
  const refused = compileRelease(files, { site: 'fra', zones: readingsOf(files, readAnyZone), wasAccepted: true });
  assert.match(refused.ok ? 'runs' : refused.fault.map(formatProblem).join('\n'), /no service 'nope'/);
});

test('an even number of coordinators, no references, unused services and a lone name server are warned of', () => {
  const policy = policyText
    .replace(/references:[^]*$/, '')
    .replace('prefixes:', '  old: { check: { type: tcp } }\nprefixes:');
  const readZone: ZoneReader = (file, text) => {
    const reading = readAnyZone(file, text);
    return { ...reading, facts: reading.facts && { ...reading.facts, nameServers: ['ns1.'] } };
  };
  const { warnings } = compiled(releaseWith({ 'zones/www.yaml': policy }), readZone);
  assert.deepEqual(warnings.map(formatProblem), [
    'sites/: 2 coordinators vote on what is up, expected an odd number: a tie decides nothing (R5)',
    'zones/: no references: a coordinator that loses its own network takes every other site for down (R5)',
    "zones/example.com.zone: zone 'example.com.' has 1 name server, expected at least two (R18)",
    "zones/www.yaml:4:3: services.old: service 'old' has no endpoint at any site",
  ]);
});

test('R17: a covering prefix has the next hops of what it covers, and an endpoint stands behind the longest prefix', () => {
  const text = policyText.replace(
    'prefixes:\n',
    'prefixes:\n  - { prefix: 203.0.112.0/23, sites: [iad, fra], gatedBy: covered }\n',
  );
  const anycast = (id: string, number: number): string =>
    siteText(id, number).replace(/address: 10.66.\d.100/, `address: 203.0.113.10, probe: 10.66.${number}.100`);
  const files = { 'zones/www.yaml': text, 'sites/fra.yaml': anycast('fra', 1), 'sites/iad.yaml': anycast('iad', 2) };
  const { steering } = compiled(releaseWith(files));
  const [cover, inner] = steering.prefixes;
  assert.deepEqual([cover?.prefix, inner?.prefix], ['203.0.112.0/23', '203.0.113.0/24']);
  assert.deepEqual([cover?.nextHops.get('fra'), cover?.nextHops.get('iad')], ['203.0.113.10', '203.0.113.10']);
  const behind = [...managedPrefixes(steering).values()].map(({ prefix }) => prefix);
  assert.deepEqual(behind, ['203.0.113.0/24', '203.0.113.0/24']);
});

test('R20: what a prefix says of limits and exports is taken over', () => {
  const text = policyPrefix(
    '{ prefix: 203.0.113.0/24, sites: [fra, iad], gatedBy: { any: [www] }, limits: { maxWithdrawn: 0.6 }, export: { med: 7 } }',
  );
  const [policy] = compiled(releaseWith({ 'zones/www.yaml': text })).steering.prefixes;
  assert.deepEqual(policy?.limits, { minSites: 1, maxWithdrawn: 0.6, settleMs: 30_000 });
  assert.deepEqual(policy.export, { med: 7 });
});

test('R18: name servers in one network are warned of, and ones whose addresses follow health are refused', () => {
  const withFacts =
    (facts: Partial<ZoneFacts>): ZoneReader =>
    (file, text) => {
      const reading = readAnyZone(file, text);
      return { ...reading, facts: reading.facts && { ...reading.facts, ...facts } };
    };
  const near = ['192.0.2.1', '192.0.2.200'] as IpAddress[];
  const { warnings } = compiled(releaseWith(), withFacts({ nameServerAddresses: near }));
  assert.match(
    warnings.map(formatProblem).join('\n'),
    /all name servers of zone 'example\.com\.' lie in 192\.0\.2\.0\/24, expected them in two prefixes \(R18\)/,
  );
  const far = ['192.0.2.1', '198.51.100.1'] as IpAddress[];
  const quiet = compiled(releaseWith(), withFacts({ nameServerAddresses: far })).warnings;
  assert.doesNotMatch(quiet.map(formatProblem).join('\n'), /two prefixes/);
  const trial = compiled(releaseWith(), withFacts({ nameServerAddresses: ['127.0.0.1', '127.0.0.2'] as IpAddress[] }));
  assert.doesNotMatch(trial.warnings.map(formatProblem).join('\n'), /two prefixes/);
  assert.match(
    refusal({}, withFacts({ dynamicNameServers: ['ns1.example.com.'] })),
    /the addresses of name server 'ns1\.example\.com\.' of zone 'example\.com\.' follow health/,
  );
});
