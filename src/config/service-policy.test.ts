import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatProblem } from './problem.ts';
import { releaseFiles } from './release-files.ts';
import { compileRelease } from './release.ts';
import { readAnyZone, readingsOf, releaseWith, siteText } from './release.fixture.ts';
import { check, compiled, policyOf, refusal, refusalOfFiles, steps } from './service-policy.fixture.ts';
import type { compile } from './service-policy.fixture.ts';

test('a service without a policy answers what is up at its sites, with the weights of its endpoints', () => {
  const fra = siteText('fra', 1).replace(
    'port: 80',
    'port: 80, weight: 30, capacity: 500, tags: [eu], name: www.fra.example.com',
  );
  const release = compiled('', { sites: { 'sites/fra.yaml': fra } });
  const policy = release.steering.services?.get('www');
  assert.deepEqual(policy?.steps, [{ kind: 'up' }]);
  assert.deepEqual(policy.members[0], {
    kind: 'site',
    name: 'fra',
    location: { latitude: 50.1, longitude: 8.6 },
    hostName: 'www.fra.example.com.',
    endpoints: [{ subject: 'www/fra/4', family: 4, answer: '10.66.1.100', weight: 30 }],
  });
  assert.deepEqual(
    release.steering.endpoints.map(({ weight, capacity }) => [weight, capacity]),
    [
      [30, 500],
      [100, undefined],
    ],
  );
});

test('what else is said of a service comes with it', () => {
  const text = `${steps('failover: [fra, iad]')}    minHealthy: 2
    onAllDown: fallback
    fallback: { addresses: [192.0.2.9] }
    drainedInPanic: true
    failover: { after: 30s }
    failback: { window: { days: [sun, sat], from: '22:30', to: '02:00' } }
    slowStart: 60s
    targetLoad: 60
    maxLoad: 80
    https: { alpn: [h2, http/1.1], port: 8443 }
`;
  const { service, members, steps: read, ...rest } = policyOf(text) ?? {};
  assert.deepEqual([service, members?.length, read?.length], ['www', 2, 2]);
  assert.deepEqual(rest, {
    minHealthy: 2,
    onAllDown: 'fallback',
    fallback: ['192.0.2.9'],
    drainedInPanic: true,
    modes: {
      failover: { kind: 'after', delayMs: 30_000 },
      failback: { kind: 'window', window: { days: [0, 6], fromMinute: 1350, toMinute: 120 } },
    },
    slowStartMs: 60_000,
    load: { targetPercent: 60, maxPercent: 80 },
    binding: { alpn: ['h2', 'http/1.1'], port: 8443 },
  });
});

test('R27: a service with tiers returns to the first only by a person, unless it says otherwise', () => {
  assert.deepEqual(policyOf(steps('failover: [fra, iad]'))?.modes, {
    failover: { kind: 'auto' },
    failback: { kind: 'manual' },
  });
  assert.deepEqual(policyOf(`${steps('failover: [fra, iad]')}    failback: auto\n`)?.modes.failback, { kind: 'auto' });
  assert.deepEqual(policyOf('')?.modes.failback, { kind: 'auto' });
});

test('a service may be made of services, which need no check of their own endpoints', () => {
  const more = '  all:\n    members: [{ service: www, weight: 5 }]\n    policy: [weighted]\n';
  assert.deepEqual(compiled('', { more }).steering.services?.get('all')?.members, [
    { kind: 'service', name: 'www', weight: 5 },
  ]);
});

test('several checks of a service are one, of which the worst decides', () => {
  const text = `services:\n  www:\n    checks: [{ type: tcp }, { type: http }]\n`;
  const files = releaseWith({ 'zones/www.yaml': text });
  const release = compileRelease(files, { site: 'fra', zones: readingsOf(files, readAnyZone) });
  assert.ok(release.ok);
  assert.equal(release.value.health.subjects[0]?.check.what.kind, 'all');
});

test('nets say where networks are, those of IPv4 inside IPv6 as IPv4', () => {
  const more = `nets:
  - { prefix: 192.0.2.0/24, country: DE, asn: 64500 }
  - { prefix: 2001:db8::/32, region: US-CA, latitude: 37, longitude: -120 }
  - { prefix: '::ffff:198.51.100.0/120', continent: EU }
`;
  assert.deepEqual(compiled('', { more }).nets, [
    { prefix: '192.0.2.0/24', place: { country: 'DE', asn: 64500 } },
    { prefix: '2001:db8::/32', place: { country: 'US', region: 'CA', latitude: 37, longitude: -120 } },
    { prefix: '198.51.100.0/24', place: { continent: 'EU' } },
  ]);
});

const use = { service: 'www', type: 'A', file: 'zones/example.com.zone', line: 9, column: 14 };

const refusals: readonly (readonly [string, Parameters<typeof compile>, string])[] = [
  [
    'a weight is none',
    ['', { sites: { 'sites/fra.yaml': siteText('fra', 1).replace('port: 80', 'port: 80, weight: -1') } }],
    "sites/fra.yaml:9:49: endpoints.www[0].weight: got '-1', expected at least 0",
  ],
  [
    'a member is an unknown service',
    ['    members: [{ service: wwww }]\n'],
    "zones/www.yaml:4:26: services.www.members[0].service: no service 'wwww', expected one of zones/*.yaml, did you mean 'www'?",
  ],
  [
    'services lead round in a circle',
    ['    members: [{ service: all }]\n', { more: '  all:\n    members: [{ service: www }]\n' }],
    "zones/www.yaml:4:26: services.www.members[0].service: 'www' would be its own member: www → all → www\n" +
      "zones/www.yaml:6:26: services.all.members[0].service: 'all' would be its own member: all → www → all",
  ],
  [
    'a service is named as one of its sites',
    [
      '    members: [{ service: fra }]\n',
      { more: '  fra:\n    members: [{ service: other }]\n  other: { check: { type: tcp } }\n' },
    ],
    "zones/www.yaml:4:26: services.www.members[0].service: 'fra' is also a site of 'www', expected distinct names\n" +
      "zones/www.yaml:6:26: services.fra.members[0].service: service 'other' has nothing to answer, expected an endpoint of it at a site, or members",
  ],
  [
    'more members are to be healthy than there are',
    ['    minHealthy: 3\n'],
    "zones/www.yaml:4:17: services.www.minHealthy: got '3' of 2 members, expected at most 2",
  ],
  [
    'a mode has no tiers to change between',
    ['    failback: auto\n'],
    "zones/www.yaml:4:5: services.www.failback: 'failback' says when to change between tiers, expected the step 'failover' in the policy",
  ],
  [
    'a mode is unknown',
    [`${steps('failover: [fra, iad]')}    failback: atuo\n`],
    "zones/www.yaml:6:15: services.www.failback: got 'atuo', expected 'auto', 'manual', { after: 5m } or { window: { from: '02:00', to: '04:00' } }",
  ],
  [
    'all down is to be answered by a fallback that is not there',
    ['    onAllDown: fallback\n'],
    "zones/www.yaml:4:16: services.www.onAllDown: missing key 'fallback', expected the addresses to answer",
  ],
  [
    'a fallback would never be answered',
    ['    fallback: { addresses: [192.0.2.9] }\n'],
    "zones/www.yaml:4:5: services.www.fallback: the fallback would never be answered, expected 'onAllDown: fallback' beside it",
  ],
  [
    'the highest load is below the target',
    ['    targetLoad: 80\n    maxLoad: 60\n'],
    "zones/www.yaml:5:14: services.www.maxLoad: got '60', expected at least targetLoad, 80",
  ],
  [
    'a check follows an unknown service',
    ['', { more: '  api: { check: { type: service, service: wwww } }\n' }],
    "zones/www.yaml:4:43: services.api.check.service: no service 'wwww', expected one of zones/*.yaml, did you mean 'www'?",
  ],
  [
    'checks follow each other in a circle',
    [
      '',
      {
        more: '  api: { check: { type: service, service: db } }\n  db: { check: { type: service, service: api } }\n',
      },
    ],
    'zones/www.yaml:4:3: services.api: its checks follow itself, api → db → api: once down, it would stay down',
  ],
  [
    'a net says nothing, and another is of no country',
    ['', { more: 'nets:\n  - { prefix: 192.0.2.0/24 }\n  - { prefix: 192.0.2.0/25, country: XY, latitude: 1 }\n' }],
    "zones/www.yaml:5:5: nets[0]: nothing is said of '192.0.2.0/24', expected country, region, continent, asn, or latitude and longitude\n" +
      "zones/www.yaml:6:38: nets[1].country: there is no country 'XY', expected a code of ISO 3166-1 such as DE\n" +
      "zones/www.yaml:6:42: nets[1].latitude: got 'latitude' alone, expected 'longitude' beside it",
  ],
  [
    'a net is given twice, once as IPv4 inside IPv6, and another selects by half an address',
    [
      '',
      {
        more: "nets:\n  - { prefix: 192.0.2.0/24, country: DE }\n  - { prefix: '::ffff:192.0.2.0/120', country: FR }\n  - { prefix: '2001::/40', country: FR }\n",
      },
    ],
    "zones/www.yaml:6:5: nets[1]: '192.0.2.0/24' is given twice, first in zones/www.yaml:5\n" +
      'zones/www.yaml:7:15: nets[2].prefix: 2001::/40: only the IPv4 address inside counts here: expected /96 to /128',
  ],
  [
    'a record steers by an unknown service',
    ['', { steers: [{ ...use, service: 'wwww' }] }],
    "zones/example.com.zone:9:14: no service 'wwww', expected one of zones/*.yaml, did you mean 'www'?",
  ],
  [
    'a record steers by a service that has nothing to answer',
    ['', { more: '  api: { check: { type: tcp } }\n', steers: [{ ...use, service: 'api' }] }],
    "zones/example.com.zone:9:14: service 'api' has nothing to answer, expected an endpoint at a site, or members",
  ],
  [
    'a service has a member that has nothing to answer',
    ['', { more: '  all: { members: [{ service: www }, { service: api }] }\n  api: { check: { type: tcp } }\n' }],
    "zones/www.yaml:4:49: services.all.members[1].service: service 'api' has nothing to answer, expected an endpoint of it at a site, or members",
  ],
  [
    'a record steers in a type that services do not give',
    ['', { steers: [{ ...use, type: 'MX' }] }],
    'zones/example.com.zone:9:14: services give no records of type MX, expected A, AAAA, CNAME, HTTPS, SVCB or TXT',
  ],
  [
    'an alias steers by a service whose endpoints have no names',
    ['', { steers: [{ ...use, type: 'CNAME' }] }],
    "zones/example.com.zone:9:14: www has no name to lead to at 'fra', 'iad', expected 'name' at its endpoints there",
  ],
];

for (const [name, args, expected] of refusals) {
  test(`refused: ${name}`, () => {
    const found = refusal(...args);
    assert.equal(found, expected);
  });
}

test('a service with endpoints needs a check, and one with neither endpoints nor members has nothing', () => {
  const texts: readonly (readonly [string, string])[] = [
    [
      'services:\n  www: { members: [{ service: api }] }\n  api: { check: { type: tcp } }\n',
      "zones/www.yaml:2:3: services.www: 'www' has endpoints at site 'fra', expected 'check' or 'checks'\n" +
        "zones/www.yaml:2:31: services.www.members[0].service: service 'api' has nothing to answer, expected an endpoint of it at a site, or members",
    ],
    [
      'services:\n  www: {}\n',
      "zones/www.yaml:2:8: services.www: missing key 'check', expected it, 'checks' or 'members'",
    ],
    [
      'services:\n  www: { check: { type: tcp }, checks: [{ type: tcp }] }\n',
      "zones/www.yaml:2:10: services.www.check: got 'check' and 'checks', expected one of them",
    ],
  ];
  for (const [text, expected] of texts) {
    const files = releaseWith({ 'zones/www.yaml': text });
    const release = compileRelease(files, { site: 'fra', zones: readingsOf(files, readAnyZone) });
    assert.ok(!release.ok);
    assert.equal(release.fault.map(formatProblem).join('\n'), expected);
  }
});

test('a record of a family of which its service has no endpoint is warned of', () => {
  const { warnings } = compiled('', { steers: [{ ...use, type: 'AAAA' }, use] });
  assert.deepEqual(
    warnings.map(formatProblem).filter((text) => text.includes('IPv6')),
    ["zones/example.com.zone:9:14: service 'www' has no IPv6 endpoint: the answer is always empty"],
  );
});

test('every example of the page on steering is a sound policy', () => {
  const page = readFileSync(new URL('../../docs/reference/steering.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
  assert.equal(blocks.length, 10);
  const sites = ['fra', 'ams', 'iad', 'sjc', 'lon'];
  for (const block of blocks) {
    const isWhole = block.includes('services:');
    const indented = block.replace(/^(?=.)/gm, '    ');
    const text = isWhole ? block : `services:\n  www:\n${check}${indented}`;
    const named = block.includes('failover: [') ? ['fra', 'ams', 'iad'] : sites;
    const services = [...text.matchAll(/^ {2}([a-z-]+):\n {4}check/gm)].map(([, name = '']) => name);
    const files = releaseFiles([
      ...named.map((site, index) => {
        const endpoints = services.map(
          (service, at) => `  ${service}: [{ address: 10.66.${index}.${at + 1}, port: 80, tags: [europe] }]\n`,
        );
        const location = 'location: { latitude: 1, longitude: 2 }';
        return [
          `sites/${site}.yaml`,
          `site: ${site}\nname: S\n${location}\nendpoints:\n${endpoints.join('')}`,
        ] as const;
      }),
      ['zones/www.yaml', text],
    ]);
    const release = compileRelease(files, { site: 'fra', zones: new Map() });
    assert.ok(release.ok, release.ok ? '' : `${text}${release.fault.map(formatProblem).join('\n')}`);
  }
});

test('faults of policies are told beside what the schema refuses elsewhere, once each', () => {
  const text = `services:
  www:
    check: { type: htp }
    policy: [{ failover: [fra, lon] }]
  api:
    check: { type: tcp }
    minHealthy: many
    policy: [{ failover: [fra, lon] }]
  shop:
    members: [{ service: www, weight: 0 }, { service: api, weight: 0 }]
    policy: [weighted]
  far:
    members: [{ service: www }]
    policy: [{ geo: { continent: {}, fallback: any } }]
prefixes:
  - { prefix: 203.0.113.0/24, gatedBy: { any: [www] } }
`;
  const steers = [
    { ...use, service: 'api' },
    { ...use, service: 'nope' },
  ];
  assert.deepEqual(refusalOfFiles({ 'zones/www.yaml': text }, steers), [
    "zones/example.com.zone:9:14: no service 'nope', expected one of zones/*.yaml",
    "zones/www.yaml:3:20: services.www.check.type: got 'htp', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant', did you mean 'http'?",
    "zones/www.yaml:4:26: services.www.policy[0].failover: 'iad' is in no tier, expected every member in one",
    "zones/www.yaml:4:32: services.www.policy[0].failover[1]: no member 'lon', expected one of fra, iad",
    "zones/www.yaml:7:17: services.api.minHealthy: got 'many', expected a whole number",
    'zones/www.yaml:11:14: services.shop.policy[0]: every member has weight 0, expected one to have more',
    'zones/www.yaml:14:34: services.far.policy[0].geo.continent: got an empty map, expected a place and where it leads',
    "zones/www.yaml:16:5: prefixes[0]: missing key 'sites', expected a list",
  ]);
});

test('what policies say of a site that cannot be read is no fault', () => {
  const text = `services:
  www:
    check: { type: tcp }
    minHealthy: 2
    policy: [{ failover: [fra, iad, west] }, { geo: { country: { XX: iad }, fallback: any } }]
  sum:
    members: [{ service: none }]
`;
  const changes = { 'sites/iad.yaml': 'site: iad\n', 'zones/www.yaml': text };
  const problems = refusalOfFiles(changes, [use]).filter((problem) => !problem.startsWith('sites/'));
  assert.deepEqual(problems, [
    "zones/www.yaml:5:66: services.www.policy[1].geo.country.XX: there is no country 'XX', expected a code of ISO 3166-1 such as DE",
    "zones/www.yaml:7:26: services.sum.members[0].service: no service 'none', expected one of zones/*.yaml",
  ]);
});
