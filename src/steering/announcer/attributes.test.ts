import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { exportSchema } from '../export.ts';
import type { NeighborExport, PrefixExport, Standing } from '../export.ts';
import { attributesFor } from './attributes.ts';
import type { RouteAttributes } from './attributes.ts';

function told(standing: Standing, neighbor?: NeighborExport, settings: PrefixExport = {}): RouteAttributes {
  return attributesFor({ nextHop: 'self', standing, settings }, neighbor);
}

test('R20: without settings a standing is told by MED, AS_PATH, LOCAL_PREF and well-known communities', () => {
  const plain = { nextHop: 'self', largeCommunities: [] };
  assert.deepEqual(told('normal'), { ...plain, communities: [], prepend: 0, localPreference: 100 });
  assert.deepEqual(told('depreferred'), { ...plain, communities: [], prepend: 3, localPreference: 50, med: 1000 });
  assert.deepEqual(told('draining'), { ...plain, communities: ['65535:0'], prepend: 3, localPreference: 0, med: 1000 });
  assert.deepEqual(told('blackhole'), {
    ...plain,
    communities: ['65535:666', '65535:65281'],
    prepend: 0,
    localPreference: 100,
  });
});

test('R20: a lower standing starts from what the neighbor is told anyway', () => {
  const neighbor = { med: 50, prepend: 1, localPreference: 200, communities: ['64500:1'] };
  assert.deepEqual(told('normal', neighbor), {
    nextHop: 'self',
    med: 50,
    prepend: 1,
    localPreference: 200,
    communities: ['64500:1'],
    largeCommunities: [],
  });
  const { med, prepend, localPreference, communities } = told('depreferred', neighbor);
  assert.deepEqual([med, prepend, localPreference, communities], [1050, 4, 50, ['64500:1']]);
});

test('R20: each standing may have numbers and communities of its own, which the rungs below it keep', () => {
  const neighbor = {
    communities: ['64500:1'],
    depreferred: { med: 7, prepend: 0, communities: ['64500:80'], largeCommunities: ['64500:1:80'] },
    draining: { localPreference: 5, communities: ['64500:0'] },
    blackhole: { med: 3, communities: ['64500:666'] },
  };
  assert.deepEqual(told('depreferred', neighbor).communities, ['64500:1', '64500:80']);
  assert.deepEqual(told('draining', neighbor), {
    nextHop: 'self',
    med: 7,
    prepend: 0,
    localPreference: 5,
    communities: ['64500:1', '64500:80', '64500:0', '65535:0'],
    largeCommunities: ['64500:1:80'],
  });
  assert.deepEqual(told('blackhole', neighbor), {
    nextHop: 'self',
    med: 3,
    prepend: 0,
    localPreference: 100,
    communities: ['64500:666', '65535:666', '65535:65281'],
    largeCommunities: [],
  });
});

test('R20: where prefix and neighbor differ the neighbor counts, and communities of both are told once', () => {
  const settings = { med: 1, prepend: 2, communities: ['64500:1', '64500:2'], depreferred: { prepend: 9 } };
  const neighbor = { med: 4, communities: ['64500:2', '64500:3'] };
  const { med, prepend, communities } = told('normal', neighbor, settings);
  assert.deepEqual([med, prepend, communities], [4, 2, ['64500:1', '64500:2', '64500:3']]);
  assert.deepEqual(told('depreferred', neighbor, settings).prepend, 9);
  assert.deepEqual(told('depreferred', neighbor, settings).med, 1004);
});

test('R20: what a weaker file says of a lower standing never makes it look better than the normal route', () => {
  // The prefix speaks of its own MED; the neighbor of another one, and says nothing of lower standings.
  const settings = {
    med: 10,
    prepend: 0,
    localPreference: 100,
    depreferred: { med: 500, prepend: 1, localPreference: 90 },
  };
  const neighbor = { med: 2000, prepend: 4, localPreference: 80 };
  const numbers = (standing: Standing, file?: NeighborExport): unknown[] => {
    const { med, prepend, localPreference } = told(standing, file, settings);
    return [med, prepend, localPreference];
  };
  assert.deepEqual(numbers('depreferred'), [500, 1, 90]);
  assert.deepEqual(numbers('normal', neighbor), [2000, 4, 80]);
  assert.deepEqual(numbers('depreferred', neighbor), [3000, 7, 50]);
  assert.deepEqual(numbers('draining', neighbor), [3000, 7, 0]);
  assert.deepEqual(numbers('depreferred', { ...neighbor, depreferred: { med: 5 } }), [5, 7, 50], 'its own word counts');
});

test('R20: what the prefix says of draining does not look better than what the neighbor says of de-preference', () => {
  const { med, prepend, localPreference } = told(
    'draining',
    { depreferred: { med: 7000, prepend: 9, localPreference: 3 } },
    { draining: { med: 100, prepend: 1, localPreference: 20 } },
  );
  assert.deepEqual([med, prepend, localPreference], [7000, 9, 0]);
});

test('R20: numbers stay in their ranges', () => {
  const neighbor = { med: 0xffff_ffff, prepend: 31, localPreference: 20 };
  const { med, prepend, localPreference } = told('depreferred', neighbor);
  assert.deepEqual([med, prepend, localPreference], [0xffff_ffff, 32, 20]);
});

test('R20: where no file speaks of standings, a lower one is never preferred by any number', () => {
  const settings = fc.record(
    {
      med: fc.nat(0xffff_ffff),
      prepend: fc.nat(32),
      localPreference: fc.nat(0xffff_ffff),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(settings, settings, (neighbor, prefix) => {
      const rungs = (['normal', 'depreferred', 'draining'] as const).map((rung) => told(rung, neighbor, prefix));
      for (const [index, lower] of rungs.entries()) {
        const upper = rungs[index - 1] ?? lower;
        assert.ok((lower.med ?? 0) >= (upper.med ?? 0));
        assert.ok(lower.prepend >= upper.prepend);
        assert.ok(lower.localPreference <= upper.localPreference);
      }
    }),
  );
});

test('R29: a community is refused unless it is numbers in range', () => {
  const rows: [PrefixExport, boolean][] = [
    [{ communities: ['64500:80'] }, true],
    [{ communities: ['65535:65535'] }, true],
    [{ communities: ['65536:1'] }, false],
    [{ communities: ['1:2:3'] }, false],
    [{ communities: ['no-export'] }, false],
    [{ largeCommunities: ['4294967295:1:2'] }, true],
    [{ largeCommunities: ['4294967296:1:2'] }, false],
    [{ depreferred: { largeCommunities: ['1:2'] } }, false],
    [{ prepend: 33 }, false],
    [{ med: -1 }, false],
  ];
  for (const [settings, isGood] of rows) {
    assert.equal(exportSchema.safeParse(settings).success, isGood, JSON.stringify(settings));
  }
});
