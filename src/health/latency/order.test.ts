import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isClearlyBetter, orderKeysMs, orderSites } from './order.ts';

const measured = (values: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(values));

test('without an order before, sites go by their round trip', () => {
  assert.deepEqual(orderSites(measured({ fra: 30, iad: 20, sin: 25 }), []), ['iad', 'sin', 'fra']);
});

test('a site comes before another only when it is better by a tenth and by 5 ms', () => {
  const before = ['fra', 'iad'];
  assert.deepEqual(orderSites(measured({ fra: 20, iad: 15.1 }), before), ['fra', 'iad'], 'by less than 5 ms');
  assert.deepEqual(orderSites(measured({ fra: 20, iad: 15 }), before), ['iad', 'fra']);
  assert.deepEqual(orderSites(measured({ fra: 200, iad: 181 }), before), ['fra', 'iad'], 'by less than a tenth');
  assert.deepEqual(orderSites(measured({ fra: 200, iad: 180 }), before), ['iad', 'fra']);
});

test('a site that is gone leaves the order, and one that is new has to be clearly better', () => {
  assert.deepEqual(orderSites(measured({ iad: 20, sin: 18 }), ['fra', 'iad']), ['iad', 'sin']);
  assert.deepEqual(orderSites(measured({ iad: 20, sin: 8 }), ['fra', 'iad']), ['sin', 'iad']);
});

const sites = ['fra', 'iad', 'sin', 'syd'];
const anyMeasured = fc
  .dictionary(fc.constantFrom(...sites), fc.double({ min: 0, max: 400, noNaN: true }))
  .map((values) => new Map(Object.entries(values)));

test('no site that is left behind is clearly better than one before it, and keys tell the same order', () => {
  fc.assert(
    fc.property(anyMeasured, fc.shuffledSubarray(sites), (rtts, before) => {
      const order = orderSites(rtts, before);
      assert.deepEqual(order.toSorted(), [...rtts.keys()].sort());
      const of = (site: string): number => rtts.get(site) ?? NaN;
      for (const [place, site] of order.entries()) {
        for (const behind of order.slice(place + 1)) assert.ok(!isClearlyBetter(of(behind), of(site)));
      }
      const keys = orderKeysMs(rtts, order);
      for (const [place, key] of keys.entries()) {
        assert.ok(place === 0 || key > (keys[place - 1] ?? Infinity));
        assert.ok(key <= of(order[place] ?? ''));
      }
      assert.deepEqual(orderSites(rtts, order), order, 'nothing new changes nothing');
    }),
  );
});

test('round trips that vary by less than the gain never change an order', () => {
  const steady = fc.array(fc.double({ min: 98, max: 102, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(steady, { minLength: 2 }), (rounds) => {
      let order: readonly string[] = [];
      const seen = new Set<string>();
      for (const values of rounds) {
        order = orderSites(new Map(sites.map((site, index) => [site, values[index] ?? 0])), order);
        seen.add(order.join(' '));
      }
      assert.equal(seen.size, 1);
    }),
  );
});
