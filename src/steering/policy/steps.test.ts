import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import { parsePrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { recordType } from '#dns/wire/constants.ts';
import type { PolicyStep } from './model.ts';
import { clientAt, geoOf, namesOf, policyOf, siteMember, World } from './policy.fixture.ts';

const fra = siteMember('fra', 1, { location: { latitude: 50.1, longitude: 8.7 } });
const iad = siteMember('iad', 2, { location: { latitude: 38.9, longitude: -77.4 } });
const sin = siteMember('sin', 3, { location: { latitude: 1.35, longitude: 103.8 } });
const sites = [fra, iad, sin];
const down = { answerable: false };
const prefix = (text: string) => present(parsePrefix(text), text);

const germany = { country: 'DE', continent: 'EU', latitude: 51, longitude: 10 };
const france = { country: 'FR', continent: 'EU', latitude: 46, longitude: 2 };
const california = { country: 'US', region: 'CA', continent: 'NA', latitude: 37, longitude: -120, asn: 64500 };
const japan = { country: 'JP', continent: 'AS', latitude: 36, longitude: 138 };
const places = geoOf({
  '203.0.113.0/25': germany,
  '203.0.113.128/25': france,
  '192.0.0.0/24': california,
  '198.18.0.0/15': japan,
});
const from = {
  germany: '203.0.113.1',
  france: '203.0.113.200',
  california: '192.0.0.9',
  japan: '198.18.1.1',
  unknown: '10.0.0.1',
};

test('a service without a policy answers everything that is up, in both families', () => {
  const world = new World([policyOf(sites, [])]);
  assert.deepEqual(world.answered(), ['fra', 'iad', 'sin']);
  world.set({ 'www/iad': down, 'www/fra/6': down });
  assert.deepEqual(world.answered(), ['fra', 'sin']);
  assert.deepEqual(world.answered('192.0.2.9', recordType.AAAA), ['sin']);
});

test('R2: a family with nothing up is empty with a short TTL while the other lives', () => {
  const world = new World([policyOf([fra], [])]).set({ 'www/fra/6': down });
  const { answer } = world.explain('192.0.2.9', recordType.AAAA);
  assert.deepEqual(answer, { kind: 'records', rdata: [], changePending: true, scopeBits: 0, note: undefined });
  assert.deepEqual(world.answered(), ['fra']);
});

test('R13: an answer lives shortly while what it gives may change, or what is out may come back', () => {
  const isPending = (world: World): unknown => {
    const { answer } = world.explain();
    return answer.kind === 'records' && answer.changePending;
  };
  const policy = policyOf(sites, [{ kind: 'take', count: 1 }]);
  assert.equal(isPending(new World([policy])), false);
  assert.equal(isPending(new World([policy]).set({ 'www/fra': { changePending: true } })), true);
  assert.equal(isPending(new World([policy]).set({ 'www/sin': { changePending: true } })), false);
  assert.equal(isPending(new World([policy]).set({ 'www/sin': { ...down, changePending: true } })), true);
});

test('an answer says when it is frozen or fails open', () => {
  const noteOf = (change: object): unknown => {
    const { answer } = new World([policyOf([fra], [])]).set({ 'www/fra': change }).explain();
    return answer.kind === 'records' ? answer.note : 'failure';
  };
  assert.equal(noteOf({}), undefined);
  assert.equal(noteOf({ frozen: true }), 'frozen');
  assert.equal(noteOf({ failOpen: true }), 'failOpen');
});

test('R8: where everything is down the service answers what the decision leaves, its fallback, or nothing, by choice', () => {
  const failing = { 'www/fra': { failOpen: true }, 'www/iad': { failOpen: true } };
  const world = (parts: object): World => new World([policyOf([fra, iad], [], parts)]).set(failing);
  assert.deepEqual(world({}).answered(), ['fra', 'iad']);
  assert.deepEqual(world({ onAllDown: 'nodata' }).answered(), []);
  const [first] = fra.endpoints;
  const fallback = [present(first, 'an endpoint').answer];
  assert.deepEqual(world({ onAllDown: 'fallback', fallback }).explain().answered, ['fallback 192.0.2.1']);
  const off = { 'www/fra': down, 'www/iad': down };
  const byDecision = new World([policyOf([fra, iad], [], { onAllDown: 'fallback', fallback })]).set(off);
  assert.deepEqual(byDecision.explain().answered, ['fallback 192.0.2.1']);
});

test('failover answers the tier that the decision says, for both families, and before it the first that is up', () => {
  const policy = policyOf(sites, [{ kind: 'failover', tiers: [['fra', 'iad'], ['sin']] }]);
  const world = new World([policy]);
  assert.deepEqual(world.answered(), ['fra', 'iad']);
  world.set({ 'www/fra': down, 'www/iad': down });
  assert.deepEqual(world.answered(), ['sin']);
  world.set({ 'service:www': { weight: 2 }, 'www/fra': { answerable: true } });
  assert.deepEqual(world.answered(), ['sin']);
  world.set({ 'service:www': { weight: 1 }, 'www/fra/6': down });
  assert.deepEqual(world.answered(), ['fra']);
  assert.deepEqual(world.answered('192.0.2.1', recordType.AAAA), []);
});

test('geo leads by the most specific rule whose members are up, then by the fallback, then by what is up', () => {
  const geo: PolicyStep = {
    kind: 'geo',
    rules: [
      { match: { kind: 'continent', continent: 'EU' }, members: ['fra'] },
      { match: { kind: 'country', country: 'DE' }, members: ['iad'] },
      { match: { kind: 'country', country: 'US' }, members: ['iad'] },
      { match: { kind: 'region', country: 'US', region: 'CA' }, members: ['sin'] },
      { match: { kind: 'asn', asn: 64500 }, members: ['fra'] },
      { match: { kind: 'prefix', prefix: prefix('192.0.0.0/25') }, members: ['iad'] },
      { match: { kind: 'prefix', prefix: prefix('192.0.0.0/28') }, members: ['sin'] },
    ],
    fallback: ['sin'],
  };
  const world = new World([policyOf(sites, [geo])], { geo: places });
  const rows = [
    [from.germany, ['iad']],
    [from.france, ['fra']],
    [from.japan, ['sin']],
    [from.unknown, ['sin']],
    ['192.0.0.9', ['sin']],
    ['192.0.0.99', ['iad']],
    ['192.0.0.200', ['fra']],
  ] as const;
  for (const [address, expected] of rows) assert.deepEqual(world.answered(address), expected, address);
  world.set({ 'www/iad': down });
  assert.deepEqual(world.answered(from.germany), ['fra']);
  assert.deepEqual(world.answered('192.0.0.99'), ['fra']);
  world.set({ 'www/iad': { answerable: true }, 'www/sin': down });
  assert.deepEqual(world.answered('192.0.0.9'), ['iad']);
  assert.deepEqual(world.answered(from.japan), ['fra', 'iad']);
});

test('geo without a fallback gives nothing to clients that no rule leads anywhere', () => {
  const geo: PolicyStep = {
    kind: 'geo',
    rules: [{ match: { kind: 'country', country: 'DE' }, members: ['fra'] }],
    fallback: [],
  };
  const world = new World([policyOf(sites, [geo])], { geo: places });
  assert.deepEqual(world.answered(from.germany), ['fra']);
  assert.deepEqual(world.answered(from.france), []);
});

test('R15: the scope of geo is that of the place or the prefix that matters more, whatever is up', () => {
  const geo: PolicyStep = {
    kind: 'geo',
    rules: [
      { match: { kind: 'country', country: 'DE' }, members: ['fra'] },
      { match: { kind: 'prefix', prefix: prefix('203.0.113.64/26') }, members: ['iad'] },
    ],
    fallback: ['sin'],
  };
  const world = new World([policyOf(sites, [geo])], { geo: places });
  const scopeOf = (address: string): unknown => {
    const { answer } = world.explain(address);
    return answer.kind === 'records' && answer.scopeBits;
  };
  const before = [scopeOf('203.0.113.1'), scopeOf('203.0.113.65'), scopeOf('198.18.0.1')];
  // 203.0.113.0/26 and 203.0.113.64/26 part at bit 26; 198/8 parts from 203/8 at bit 5, and its place is a /15.
  assert.deepEqual(before, [26, 26, 15]);
  world.set({ 'www/fra': down, 'www/iad': down });
  assert.deepEqual([scopeOf('203.0.113.1'), scopeOf('203.0.113.65'), scopeOf('198.18.0.1')], before);
});

test('nearest answers by great-circle distance, drawn nearer or farther by bias', () => {
  const world = new World([policyOf(sites, [{ kind: 'nearest', bias: new Map() }])], { geo: places });
  assert.deepEqual(world.answered(from.germany), ['fra']);
  assert.deepEqual(world.answered(from.california), ['iad']);
  assert.deepEqual(world.answered(from.japan), ['sin']);
  world.set({ 'www/fra': down });
  assert.deepEqual(world.answered(from.germany), ['iad']);
  // France is 700 km from Frankfurt and 6,400 km from Virginia: a tenth of that is nearer.
  const biased = new World([policyOf(sites, [{ kind: 'nearest', bias: new Map([['iad', 95]]) }])], { geo: places });
  assert.deepEqual(biased.answered(from.france), ['iad']);
  const pushed = new World([policyOf(sites, [{ kind: 'nearest', bias: new Map([['fra', -95]]) }])], { geo: places });
  assert.deepEqual(pushed.answered(from.france), ['iad']);
});

test('nearest spreads clients of no known place by weight', () => {
  const world = new World([policyOf(sites, [{ kind: 'nearest', bias: new Map() }])], { geo: places });
  const steering = world.set({ 'www/sin': { weight: 0 } }).steering();
  const seen = new Set(Array.from({ length: 200 }, () => namesOf(steering.explain(clientAt(from.unknown)))[0]));
  assert.deepEqual([...seen].sort(), ['fra', 'iad']);
});

test('weight 0 gets nothing while another has any, and all of weight 0 share alike', () => {
  const world = new World([policyOf(sites, [{ kind: 'weighted' }])]);
  const steering = world.steering();
  const drawn = (): readonly string[] =>
    [...new Set(Array.from({ length: 200 }, () => namesOf(steering.explain(clientAt('10.0.0.1')))[0] ?? ''))].sort();
  world.set({ 'www/fra': { weight: 0 } });
  assert.deepEqual(drawn(), ['iad', 'sin']);
  world.set({ 'www/iad': { weight: 0 }, 'www/sin': { weight: 0 } });
  assert.deepEqual(drawn(), ['fra', 'iad', 'sin']);
});

test('before the first decision a site has the weight of its configuration', () => {
  const world = new World([policyOf([fra, iad], [{ kind: 'weighted' }])]);
  world.set({ 'www/fra': { unproven: true, weight: 0 }, 'www/iad': { weight: 0 } });
  assert.deepEqual(world.answered(), ['fra']);
});

test('a loaded site hands on its part of the clients, and all the same keeps them where nobody else is up', () => {
  const policy = policyOf(
    [fra, iad],
    [
      { kind: 'load', prefixBits: { ipv4: 24, ipv6: 56 } },
      { kind: 'take', count: 1 },
    ],
  );
  const world = new World([policy]).set({ 'www/fra': { shed: 255 } });
  assert.deepEqual(world.answered(), ['iad']);
  world.set({ 'www/iad': down });
  assert.deepEqual(world.answered(), ['fra']);
  world.set({ 'www/iad': { answerable: true, shed: 255 } });
  assert.deepEqual(world.answered(), ['fra']);
});

test('R22: a client that a loaded site keeps stays there until the part that is handed on grows', () => {
  const policy = policyOf(
    [fra, iad],
    [
      { kind: 'load', prefixBits: { ipv4: 24, ipv6: 56 } },
      { kind: 'take', count: 1 },
    ],
  );
  const world = new World([policy]);
  const steering = world.steering();
  const clients = Array.from({ length: 512 }, (_, index) => clientAt(`10.${index >> 8}.${index & 255}.7`));
  const kept = (shed: number): ReadonlySet<number> => {
    world.set({ 'www/fra': { shed } });
    const stay = clients.flatMap((client, index) => (namesOf(steering.explain(client))[0] === 'fra' ? [index] : []));
    return new Set(stay);
  };
  let before = kept(0);
  assert.equal(before.size, clients.length);
  for (const shed of [1, 32, 64, 128, 200, 255]) {
    const now = kept(shed);
    for (const client of now) assert.ok(before.has(client), `client ${client} at ${shed}`);
    // Four standard deviations of a binomial around its mean.
    const expected = clients.length * (1 - shed / 255);
    const spread = 4 * Math.sqrt((clients.length * shed * (255 - shed)) / 255 ** 2) + 1;
    assert.ok(Math.abs(now.size - expected) <= spread, `${now.size} of ${expected} stay at ${shed}`);
    before = now;
  }
});

test('shuffle and take give different ones of what is up', () => {
  const world = new World([policyOf(sites, [{ kind: 'shuffle' }, { kind: 'take', count: 2 }])]);
  const steering = world.steering();
  const seen = new Set(Array.from({ length: 200 }, () => namesOf(steering.explain(clientAt('10.0.0.1'))).join(' ')));
  assert.equal(seen.size, 6);
  assert.ok([...seen].every((names) => names.split(' ').length === 2));
});

test('a service of services leaves one that is not healthy while another is, and keeps them all where none is', () => {
  const eu = policyOf([siteMember('fra', 1, { service: 'www-eu' })], [], { service: 'www-eu' });
  const us = policyOf([siteMember('iad', 2, { service: 'www-us' })], [], { service: 'www-us' });
  const members = ['www-eu', 'www-us'].map((name) => ({ kind: 'service', name, weight: 100 }) as const);
  const world = new World([policyOf(members, []), eu, us]);
  assert.deepEqual(world.answered(), ['fra', 'iad']);
  world.set({ 'www-eu/fra': { failOpen: true }, 'service:www-eu': { answerable: false } });
  assert.deepEqual(world.answered(), ['iad']);
  world.set({ 'www-us/iad': { failOpen: true }, 'service:www-us': { answerable: false } });
  assert.deepEqual(world.answered(), ['fra', 'iad']);
});

test('R27: between services the decided tier holds too, though another would be up', () => {
  const eu = policyOf([siteMember('fra', 1, { service: 'www-eu' })], [], { service: 'www-eu' });
  const us = policyOf([siteMember('iad', 2, { service: 'www-us' })], [], { service: 'www-us' });
  const members = ['www-eu', 'www-us'].map((name) => ({ kind: 'service', name, weight: 100 }) as const);
  const world = new World([policyOf(members, [{ kind: 'failover', tiers: [['www-eu'], ['www-us']] }]), eu, us]);
  world.set({ 'service:www': { weight: 2 } });
  assert.deepEqual(world.answered(), ['iad']);
  world.set({
    'service:www': { weight: 1 },
    'service:www-eu': { answerable: false },
    'www-eu/fra': { failOpen: true },
  });
  assert.deepEqual(world.answered(), ['fra']);
});

test('the scope of a service of services holds all that any of them depends on', () => {
  const sticky: PolicyStep = { kind: 'sticky', prefixBits: { ipv4: 20, ipv6: 48 } };
  const eu = policyOf([siteMember('fra', 1, { service: 'www-eu' })], [sticky], { service: 'www-eu' });
  const world = new World([
    policyOf([{ kind: 'service', name: 'www-eu', weight: 1 }, siteMember('iad', 2)], [{ kind: 'take', count: 1 }]),
    eu,
  ]).set({ 'www-eu/fra': down });
  const { answer } = world.explain();
  assert.deepEqual(answer.kind === 'records' && answer.scopeBits, 20);
});

test('weights are the shares of answers, by the chi-square test', () => {
  const world = new World([policyOf(sites, [{ kind: 'weighted' }])], { prng: createPrng(20) });
  const weights = { fra: 100, iad: 30, sin: 7 } as const;
  for (const [site, weight] of Object.entries(weights)) world.set({ [`www/${site}`]: { weight } });
  const steering = world.steering();
  const draws = 20_000;
  const counts = new Map<string, number>();
  for (let draw = 0; draw < draws; draw++) {
    const name = namesOf(steering.explain(clientAt('10.0.0.1')))[0] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.ok(chiSquare(counts, weights, draws) < 13.82, 'two degrees of freedom, one in a thousand');
});

test('sticky shares clients by weight, by the chi-square test', () => {
  const world = new World([policyOf(sites, [{ kind: 'sticky', prefixBits: { ipv4: 24, ipv6: 56 } }])]);
  const weights = { fra: 100, iad: 30, sin: 7 } as const;
  for (const [site, weight] of Object.entries(weights)) world.set({ [`www/${site}`]: { weight } });
  const steering = world.steering();
  const counts = new Map<string, number>();
  const clients = 16_384;
  for (let index = 0; index < clients; index++) {
    const name = namesOf(steering.explain(clientAt(`10.${index >> 8}.${index & 255}.1`)))[0] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.ok(chiSquare(counts, weights, clients) < 13.82, 'two degrees of freedom, one in a thousand');
});

function chiSquare(
  counts: ReadonlyMap<string, number>,
  weights: Readonly<Record<string, number>>,
  total: number,
): number {
  const sum = Object.values(weights).reduce((a, b) => a + b, 0);
  return Object.entries(weights).reduce((distance, [name, weight]) => {
    const expected = (total * weight) / sum;
    return distance + ((counts.get(name) ?? 0) - expected) ** 2 / expected;
  }, 0);
}
