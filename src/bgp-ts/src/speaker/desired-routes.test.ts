import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { route } from '../rib/rib.fixture.ts';
import { DesiredRoutes } from './desired-routes.ts';

const fixed = new Map([1, 2, 3].map((med) => [med, Object.freeze({ nextHop: 'self', med })]));

void test('after any announcements and withdrawals it has what was announced last of each prefix, as a table has', () => {
  const change = fc.record({
    host: fc.nat({ max: 700 }),
    med: fc.constantFrom(null, null, null, 1, 2, 3),
    reason: fc.constantFrom('up', 'up', 'up', 'asked'),
    isFixed: fc.boolean(),
  });
  let againCount = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 500, maxLength: 3000 }), (changes) => {
      const routes = new DesiredRoutes();
      const table = new Map<string, string>();
      for (const { host, med, reason, isFixed } of changes) {
        const wanted = made(host);
        if (med === null) {
          routes.delete(wanted.prefix);
          table.delete(wanted.prefix);
        } else {
          const { prefix } = wanted;
          const attributes = (isFixed ? fixed.get(med) : undefined) ?? { nextHop: 'self', med };
          const again = routes.setAgain(prefix, attributes, reason);
          if (again === undefined) routes.set({ prefix, route: wanted, attributes, reason });
          else assert.deepEqual(again, { prefix, route: wanted, attributes, reason });
          againCount += again === undefined ? 0 : 1;
          table.set(prefix, `${med} ${reason}`);
        }
      }
      const kept = Array.from(
        routes,
        ({ prefix, attributes, reason }) => [prefix, `${attributes.med} ${reason}`] as const,
      );
      assert.equal(kept.length, table.size);
      assert.deepEqual(new Map<string, string>(kept), table);
    }),
    { numRuns: 20 },
  );
  assert.ok(againCount > 0);
});

const madeRoutes = new Map<number, ReturnType<typeof route>>();

function made(host: number): ReturnType<typeof route> {
  const known = madeRoutes.get(host) ?? route(`10.0.${host >> 8}.${host & 0xff}/32`);
  madeRoutes.set(host, known);
  return known;
}
