import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import { BulkBreaker } from './bulk.ts';
import { budgetRules, defaultLimits, grantByReports } from './budget.ts';
import type { LeaveWish, OtherSite } from './budget.ts';

const at = (ms: number): MonoMs => ms as MonoMs;

function other(site: string, parts: Partial<OtherSite> = {}): OtherSite {
  const serving = { isHeard: true, isServing: true, isAnnounced: true };
  return { site, ...serving, leaving: undefined, lastAwayAt: undefined, ...parts };
}

/** A wish of `iad`, made long ago, beside three other sites that serve. */
function wish(parts: Partial<LeaveWish> = {}): LeaveWish {
  return {
    site: 'iad',
    sites: ['fra', 'iad', 'sin', 'syd'],
    others: [other('fra'), other('sin'), other('syd')],
    limits: defaultLimits,
    waitingSince: at(0),
    begun: [],
    forced: [],
    isWithinBulk: true,
    nowMs: at(100_000),
    ...parts,
  };
}

const withFra = (parts: Partial<OtherSite>): Partial<LeaveWish> => ({
  others: [other('fra', parts), other('sin'), other('syd')],
});

test('R20: a wish is granted by all rules or denied by the first that is against it', () => {
  const rows: [Partial<LeaveWish>, deniedBy: string][] = [
    [{}, ''],
    [{ others: [] }, 'minSites'],
    [{ limits: { ...defaultLimits, minSites: 3 } }, ''],
    [{ ...withFra({ isServing: false }), limits: { ...defaultLimits, minSites: 3 } }, 'minSites'],
    [{ ...withFra({ isHeard: false }), limits: { ...defaultLimits, minSites: 3 } }, 'minSites'],
    [withFra({ isAnnounced: false, isServing: false }), ''],
    [{ ...withFra({ isAnnounced: false }), limits: { ...defaultLimits, maxWithdrawn: 0.4 } }, 'maxWithdrawn'],
    [{ ...withFra({ isHeard: false }), limits: { ...defaultLimits, maxWithdrawn: 0.4 } }, 'maxWithdrawn'],
    [withFra({ leaving: 'going' }), 'oneAtATime'],
    [withFra({ leaving: 'waiting' }), 'oneAtATime'],
    [{ others: [other('fra'), other('sin', { leaving: 'waiting' }), other('syd')] }, ''],
    [{ waitingSince: at(99_001) }, 'oneAtATime'],
    [{ waitingSince: at(99_000) }, ''],
    [withFra({ lastAwayAt: at(70_001) }), 'settle'],
    [withFra({ lastAwayAt: at(70_000) }), ''],
    [{ begun: [at(1), at(2), at(3)] }, ''],
    [{ begun: [at(1), at(2), at(3), at(4)] }, 'transitions'],
    [{ isWithinBulk: false }, 'bulk'],
  ];
  for (const [parts, deniedBy] of rows) {
    const { allow, rule } = grantByReports(wish(parts));
    assert.equal(allow ? '' : rule, deniedBy, JSON.stringify(parts));
  }
});

test('R26: a rule that is forced by its name is passed over, and no other one', () => {
  const parts = { ...withFra({ leaving: 'going' }), isWithinBulk: false };
  assert.equal(grantByReports(wish(parts)).rule, 'oneAtATime');
  assert.equal(grantByReports(wish({ ...parts, forced: ['oneAtATime'] })).rule, 'bulk');
  assert.equal(grantByReports(wish({ ...parts, forced: ['oneAtATime', 'bulk'] })).allow, true);
  assert.deepEqual(budgetRules, ['minSites', 'maxWithdrawn', 'oneAtATime', 'settle', 'transitions', 'bulk']);
});

test('R20, R28: of many prefixes ten or three in ten may go in ten minutes, whichever is more', () => {
  const prefixes = Array.from({ length: 60 }, (_, index) => `203.0.${index}.0/24` as IpPrefix);
  const rows: [total: number, first: number, later: number][] = [
    [12, 10, 2],
    [60, 18, 18],
  ];
  for (const [total, first, later] of rows) {
    const breaker = new BulkBreaker();
    const going = (nowMs: number, from: number): number => {
      const allowed = prefixes.slice(from, total).filter((prefix) => {
        if (!breaker.allows(prefix, total, at(nowMs))) return false;
        breaker.count(prefix, at(nowMs));
        return true;
      });
      return allowed.length;
    };
    assert.equal(going(0, 0), first);
    assert.equal(going(599_999, first), 0);
    assert.equal(breaker.nextDeadlineMs(at(1)), 600_000);
    assert.equal(going(600_000, first), later);
  }
});
