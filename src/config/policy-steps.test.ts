import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteText } from './release.fixture.ts';
import { policyOf, refusal, steps } from './service-policy.fixture.ts';
import type { compile } from './service-policy.fixture.ts';

test('every step is read, with what goes without saying', () => {
  const text = steps(
    'failover: [[fra], iad]',
    '{ geo: { continent: { EU: fra }, country: { DE: [fra, iad] }, region: { US-CA: iad }, asn: { 64500: iad }, prefix: { 203.0.113.0/24: iad }, fallback: any } }',
    '{ load: { prefix: { ipv4: 20 } } }',
    '{ nearest: { bias: { fra: -20 } } }',
    'take: 2',
    'sticky',
  );
  assert.deepEqual(policyOf(`${text}    targetLoad: 70\n`)?.steps, [
    { kind: 'up' },
    { kind: 'failover', tiers: [['fra'], ['iad']] },
    {
      kind: 'geo',
      rules: [
        { match: { kind: 'prefix', prefix: '203.0.113.0/24' }, members: ['iad'] },
        { match: { kind: 'asn', asn: 64500 }, members: ['iad'] },
        { match: { kind: 'region', country: 'US', region: 'CA' }, members: ['iad'] },
        { match: { kind: 'country', country: 'DE' }, members: ['fra', 'iad'] },
        { match: { kind: 'continent', continent: 'EU' }, members: ['fra'] },
      ],
      fallback: ['fra', 'iad'],
    },
    { kind: 'load', prefixBits: { ipv4: 20, ipv6: 56 } },
    { kind: 'nearest', bias: new Map([['fra', -20]]) },
    { kind: 'take', count: 2 },
    { kind: 'sticky', prefixBits: { ipv4: 24, ipv6: 56 } },
    { kind: 'take', count: 1 },
  ]);
});

test('tags stand for members, and fallback none for nobody', () => {
  const fra = siteText('fra', 1).replace('port: 80', 'port: 80, tags: [eu, big]');
  const iad = siteText('iad', 2).replace('port: 80', 'port: 80, tags: [big]');
  const sites = { 'sites/fra.yaml': fra, 'sites/iad.yaml': iad };
  const policy = policyOf(steps('geo: { continent: { EU: eu, NA: [big] }, fallback: none }'), { sites });
  assert.deepEqual(policy?.steps[1], {
    kind: 'geo',
    rules: [
      { match: { kind: 'continent', continent: 'EU' }, members: ['fra'] },
      { match: { kind: 'continent', continent: 'NA' }, members: ['fra', 'iad'] },
    ],
    fallback: [],
  });
});

const refusals: readonly (readonly [string, Parameters<typeof compile>, string])[] = [
  [
    'a step is unknown',
    [steps('wieghted')],
    "zones/www.yaml:5:9: services.www.policy[0]: no step 'wieghted', expected 'up', 'weighted', 'shuffle', 'nearest', 'latency', 'load', 'sticky', 'failover', 'geo' or 'take', did you mean 'weighted'?",
  ],
  [
    'a step that says more is unknown',
    [steps('{ goe: { fallback: any } }')],
    "zones/www.yaml:5:11: services.www.policy[0]: unknown key 'goe', did you mean 'geo'?",
  ],
  [
    'a step needs more than its name',
    [steps('take')],
    "zones/www.yaml:5:9: services.www.policy[0]: 'take' needs more than its name, expected a map such as 'take: 2'",
  ],
  [
    'two steps are written as one',
    [steps('{ take: 1, sticky: { prefix: { ipv4: 24 } } }')],
    "zones/www.yaml:5:9: services.www.policy[0]: got 'sticky' and 'take' as one step, expected one step with its name as the key",
  ],
  [
    'a tier names an unknown site',
    [steps('failover: [fra, [ida]]')],
    "zones/www.yaml:5:19: services.www.policy[0].failover: 'iad' is in no tier, expected every member in one\n" +
      "zones/www.yaml:5:26: services.www.policy[0].failover[1][0]: no member 'ida', expected one of fra, iad, did you mean 'iad'?",
  ],
  [
    'a member is in two tiers',
    [steps('failover: [fra, [iad, fra]]')],
    "zones/www.yaml:5:25: services.www.policy[0].failover[1]: 'fra' is in a tier before already, expected it in one",
  ],
  [
    'failover comes after a step that chooses',
    [steps('sticky', 'take: 2', 'failover: [fra, iad]')],
    "zones/www.yaml:7:9: services.www.policy[2]: 'failover' decides for all clients alike, expected it as the first step",
  ],
  [
    'a map of places is empty',
    [steps('geo: { country: {}, fallback: any }')],
    'zones/www.yaml:5:25: services.www.policy[0].geo.country: got an empty map, expected a place and where it leads',
  ],
  [
    'geo leads no place anywhere',
    [steps('geo: { fallback: any }')],
    'zones/www.yaml:5:14: services.www.policy[0].geo: no place is led anywhere, expected prefix, asn, region, country or continent',
  ],
  [
    'geo has no fallback',
    [steps('geo: { continent: { EU: fra } }')],
    "zones/www.yaml:5:14: services.www.policy[0].geo: missing key 'fallback', expected 'any', 'none', the name of a site, a service or a tag or a list of such names",
  ],
  [
    'countries, continents, regions, AS numbers and prefixes do not exist',
    [
      steps(
        'geo: { country: { UK: fra }, continent: { eu: fra }, region: { CA: fra }, asn: { 0: fra }, prefix: { 10.0.0.1/8: fra }, fallback: any }',
      ),
    ],
    "zones/www.yaml:5:27: services.www.policy[0].geo.country.UK: there is no country 'UK', expected a code of ISO 3166-1 such as DE, did you mean 'GB'?\n" +
      "zones/www.yaml:5:51: services.www.policy[0].geo.continent.eu: there is no continent 'eu', expected AF, AN, AS, EU, NA, OC or SA, did you mean 'EU'?\n" +
      "zones/www.yaml:5:72: services.www.policy[0].geo.region.CA: got 'CA', expected a code of ISO 3166-2 such as US-CA\n" +
      "zones/www.yaml:5:90: services.www.policy[0].geo.asn.0: got '0', expected an AS number such as 64500\n" +
      "zones/www.yaml:5:110: services.www.policy[0].geo.prefix.'10.0.0.1/8': got '10.0.0.1/8', expected a prefix such as 203.0.113.0/24, its host bits zero",
  ],
  [
    'a country is written by its name',
    [steps('geo: { country: { Germany: fra }, fallback: any }')],
    "zones/www.yaml:5:27: services.www.policy[0].geo.country.Germany: there is no country 'Germany', expected a code of ISO 3166-1 such as DE, did you mean 'DE'?",
  ],
  [
    'one prefix is written twice',
    [steps("geo: { prefix: { '2001:DB8::/32': fra, '2001:db8:0::/32': iad }, fallback: any }")],
    "zones/www.yaml:5:48: services.www.policy[0].geo.prefix.'2001:db8:0::/32': '2001:db8:0::/32' is the same as '2001:DB8::/32', expected it once",
  ],
  [
    'an order is lost to the next',
    [steps('nearest', 'weighted')],
    "zones/www.yaml:6:9: services.www.policy[1]: 'weighted' puts everything in a new order, so that 'nearest' before it does nothing, expected 'take' between them",
  ],
  [
    'nothing is left to choose among',
    [steps('nearest', 'take: 1', 'sticky')],
    "zones/www.yaml:7:9: services.www.policy[2]: 'sticky' has nothing left to choose among after 'take: 1', expected it before",
  ],
  [
    'up comes late',
    [steps('shuffle', 'up')],
    "zones/www.yaml:6:9: services.www.policy[1]: 'up' goes without saying and comes first, expected it there or not at all",
  ],
  [
    'load has no target',
    [steps('load')],
    "zones/www.yaml:5:9: services.www.policy[0]: 'load' hands nothing on without a target, expected 'targetLoad' in this service",
  ],
  [
    'all weights are zero',
    [
      steps('weighted'),
      {
        sites: {
          'sites/fra.yaml': siteText('fra', 1).replace('port: 80', 'port: 80, weight: 0'),
          'sites/iad.yaml': siteText('iad', 2).replace('port: 80', 'port: 80, weight: 0'),
        },
      },
    ],
    'zones/www.yaml:5:9: services.www.policy[0]: every member has weight 0, expected one to have more',
  ],
];

for (const [name, args, expected] of refusals) {
  test(`refused: ${name}`, () => {
    const found = refusal(...args);
    assert.equal(found, expected);
  });
}
