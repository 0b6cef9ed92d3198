import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { present } from '#base/assert.ts';
import { formatIp, parsePrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { recordType } from '#dns/wire/constants.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import type { SlotValue } from '../table.ts';
import type { PolicyStep } from './model.ts';
import { clientAt, geoOf, namesOf, policyOf, siteMember, upSlot, World } from './policy.fixture.ts';

const names = ['ams', 'fra', 'iad', 'ord', 'sin'] as const;
const members = names.map((name, index) =>
  siteMember(name, index + 1, { location: { latitude: index * 15, longitude: index * 40 - 90 } }),
);
const geo = geoOf({
  '203.0.113.0/24': { country: 'DE', continent: 'EU', latitude: 51, longitude: 10 },
  '198.18.0.0/15': { country: 'JP', continent: 'AS', latitude: 36, longitude: 138 },
});

const someNames = fc.subarray([...names], { minLength: 1 });
const prefixBits = { ipv4: 24, ipv6: 56 };
const tiers = fc
  .shuffledSubarray([...names], { minLength: names.length })
  .chain((order) => fc.integer({ min: 1, max: 4 }).map((at) => [order.slice(0, at), order.slice(at)]));

const failover = tiers.map((list): PolicyStep => ({ kind: 'failover', tiers: list }));
const filter = fc.oneof(
  fc.constant<PolicyStep>({ kind: 'load', prefixBits }),
  fc.record({ de: someNames, asia: someNames, fallback: someNames }).map(({ de, asia, fallback }): PolicyStep => ({
    kind: 'geo',
    rules: [
      { match: { kind: 'country', country: 'DE' }, members: de },
      { match: { kind: 'continent', continent: 'AS' }, members: asia },
      { match: { kind: 'prefix', prefix: present(parsePrefix('10.0.0.0/9'), 'a prefix') }, members: de },
    ],
    fallback,
  })),
);
const order = fc.oneof(
  fc.constantFrom<PolicyStep>({ kind: 'weighted' }, { kind: 'shuffle' }, { kind: 'sticky', prefixBits }),
  fc.constantFrom('nearest' as const, 'latency' as const).map((kind): PolicyStep => ({ kind, bias: new Map() })),
);
const take = fc.integer({ min: 1, max: 3 }).map((count): PolicyStep => ({ kind: 'take', count }));
const steps = fc
  .tuple(
    fc.option(failover, { nil: undefined }),
    fc.array(filter, { maxLength: 2 }),
    fc.option(order, { nil: undefined }),
    fc.option(take, { nil: undefined }),
  )
  .map(([first, filters, ordered, last]) =>
    [first, ...filters, ordered, last].filter((step): step is PolicyStep => step !== undefined),
  );

/** A slot as the decision publishes it. */
const slot = fc.record({
  answerable: fc.boolean(),
  weight: fc.constantFrom(0, 1, 50, 100, 65_535),
  shed: fc.constantFrom(0, 20, 128, 255),
  changePending: fc.boolean(),
});
const health = fc.array(slot, { minLength: names.length * 2, maxLength: names.length * 2 });
const from = fc.constantFrom('203.0.113.9', '198.18.3.4', '10.1.2.3', '10.200.2.3', '2001:db8:7::1');

/** Puts these states into a world: for each site its IPv4 endpoint and its IPv6 one. */
function withHealth(world: World, states: readonly Partial<SlotValue>[]): World {
  for (const [index, name] of names.entries()) {
    world.set({ [`www/${name}/4`]: states[index * 2] ?? {}, [`www/${name}/6`]: states[index * 2 + 1] ?? {} });
  }
  return world;
}

test('an answer is never empty while something of its family is up, and never holds what is not', () => {
  fc.assert(
    fc.property(steps, health, from, fc.integer(), (policy, states, address, seed) => {
      const world = withHealth(new World([policyOf(members, policy)], { geo, prng: createPrng(seed) }), states);
      const hasTiers = policy.some(({ kind }) => kind === 'failover');
      for (const [type, family] of [
        [recordType.A, 0],
        [recordType.AAAA, 1],
      ] as const) {
        const up = names.filter((_, index) => states[index * 2 + family]?.answerable === true);
        const answered = world.answered(address, type);
        for (const name of answered)
          assert.ok(
            up.some((each) => each === name),
            `${name} is up`,
          );
        // A tier holds both families: one of them may be empty while the other lives (R2, R27).
        if (up.length > 0 && !hasTiers) assert.notEqual(answered.length, 0);
      }
      const isAnyUp = states.some(({ answerable }) => answerable);
      const both = [recordType.A, recordType.AAAA].flatMap((type) => world.answered(address, type));
      assert.equal(both.length > 0, isAnyUp);
    }),
  );
});

test('an answer never holds what is down or fails open while a better one of the service is up', () => {
  fc.assert(
    fc.property(steps, fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }), from, (policy, [eu, us], address) => {
      const inner = (service: string, name: string, number: number) =>
        policyOf([siteMember(name, number, { service })], [], { service });
      const both = ['eu', 'us'].map((name) => ({ kind: 'service', name, weight: 100 }) as const);
      const choosing = policy.filter(({ kind }) => kind !== 'failover' && kind !== 'geo');
      const world = new World([policyOf(both, choosing), inner('eu', 'fra', 1), inner('us', 'iad', 2)], { geo });
      const say = (service: string, name: string, isHealthy = false): void => {
        world.set({
          [`${service}/${name}`]: { failOpen: !isHealthy },
          [`service:${service}`]: { answerable: isHealthy },
        });
      };
      say('eu', 'fra', eu);
      say('us', 'iad', us);
      const healthy = [...(eu === true ? ['fra'] : []), ...(us === true ? ['iad'] : [])];
      const answered = world.answered(address);
      assert.notEqual(answered.length, 0);
      if (healthy.length > 0)
        assert.ok(
          answered.every((name) => healthy.includes(name)),
          answered.join(),
        );
    }),
  );
});

test('explain names exactly the endpoints whose addresses are answered, and each step takes from what reached it', () => {
  fc.assert(
    fc.property(steps, health, from, fc.integer(), (policy, states, address, seed) => {
      const build = (): World =>
        withHealth(new World([policyOf(members, policy)], { geo, prng: createPrng(seed) }), states);
      for (const type of [recordType.A, recordType.AAAA]) {
        const explained = build().steering(type).explain(clientAt(address));
        const { answer, answered } = explained;
        assert.ok(answer.kind === 'records');
        assert.deepEqual(
          answer.rdata.map((octets) => formatIp(octets)),
          answered.map((text) => text.replace(/^.* /, '')),
        );
        // The same seed decides the same without being asked to explain.
        assert.deepEqual(build().steering(type)(clientAt(address)), { ...answer });
        for (const step of explained.steps) {
          for (const name of step.left) assert.ok(step.came.includes(name) || step.step.endsWith('fallback'));
        }
        const last = explained.steps.at(-1);
        if (answered.length > 0) assert.deepEqual(namesOf(explained), last?.left);
      }
    }),
  );
});

test('sticky: the same client gets the same answer, and only clients of a member that leaves are moved', () => {
  const sticky: PolicyStep = { kind: 'sticky', prefixBits };
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom(...names), fc.integer(), fc.integer(), (address, gone, one, other) => {
      const choose = (seed: number, change: Readonly<Record<string, Partial<SlotValue>>>): readonly string[] =>
        new World([policyOf(members, [sticky])], { prng: createPrng(seed) }).set(change).answered(address);
      const before = choose(one, {});
      assert.deepEqual(choose(other, {}), before);
      const neighbour = address.replace(/\d+$/, '7');
      assert.deepEqual(new World([policyOf(members, [sticky])]).answered(neighbour), before);
      const after = choose(one, { [`www/${gone}`]: { answerable: false } });
      if (before[0] !== gone) assert.deepEqual(after, before);
      // A weight that grows only draws clients in.
      const grown = choose(one, { [`www/${gone}`]: { weight: 200 } });
      if (grown[0] !== before[0]) assert.deepEqual(grown, [gone]);
    }),
  );
});

test('R15: the scope of an answer is the same whatever is up', () => {
  fc.assert(
    fc.property(steps, health, health, from, (policy, one, other, address) => {
      const scopeOf = (states: readonly Partial<SlotValue>[]): unknown => {
        const { answer } = withHealth(new World([policyOf(members, policy)], { geo }), states).explain(address);
        return answer.kind === 'records' && answer.scopeBits;
      };
      assert.equal(scopeOf(one), scopeOf(other));
    }),
  );
});

test('R2: the hints of HTTPS are the addresses of the members that were chosen, as far as they are up', () => {
  fc.assert(
    fc.property(health, (states) => {
      const policy = policyOf(members, [], { binding: { alpn: ['h2', 'http/1.1'], port: 8443 } });
      const world = withHealth(new World([policy]), states);
      const { answer } = world.explain('192.0.2.1', recordType.HTTPS);
      assert.ok(answer.kind === 'records');
      const hints = (family: 0 | 1, key: string): string => {
        const up = members.flatMap((member, index) => {
          const endpoint = member.endpoints[family];
          return states[index * 2 + family]?.answerable === true && endpoint !== undefined ? [endpoint.answer] : [];
        });
        return up.length === 0 ? '' : ` ${key}=${up.join(',')}`;
      };
      const expected = `${hints(0, 'ipv4hint')}${hints(1, 'ipv6hint')}`;
      assert.deepEqual(
        answer.rdata.map((data) => formatRdata(recordType.HTTPS, data)),
        expected === '' ? [] : [`1 . alpn="h2,http/1.1" port=8443${expected}`],
      );
    }),
  );
});

test('CNAME answers the name of the first member that was chosen', () => {
  const world = new World([policyOf(members, [])]).set({ 'www/ams': { ...upSlot, answerable: false } });
  const { answer } = world.explain('192.0.2.1', recordType.CNAME);
  assert.ok(answer.kind === 'records');
  assert.deepEqual(
    answer.rdata.map((data) => formatRdata(recordType.CNAME, data)),
    ['fra.example.com.'],
  );
});

test('services give addresses, aliases, bindings and text, and no record of another type', () => {
  const source = new World([policyOf(members, [])]);
  for (const type of ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB', 'TXT'] as const) {
    assert.equal(source.explain('192.0.2.1', recordType[type]).answer.kind, 'records');
  }
  assert.throws(() => source.steering(recordType.MX), /the steering of www/);
});
