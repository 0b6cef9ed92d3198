import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import { LeaseBook } from './leases.ts';

const at = (ms: number): MonoMs => ms as MonoMs;
const report = (boot: string, sequence: number) => ({ boot, sequence, leaseMs: 3000 });

test('a report is fresh until its lease runs out on the receiver clock', () => {
  const book = new LeaseBook();
  assert.ok(book.accept('a', report('x', 1), at(1000)).ok);
  assert.ok(book.fresh('a', at(3999)) !== undefined);
  assert.equal(book.fresh('a', at(4000)), undefined);
  assert.equal(book.nextExpiry(at(1000)), 4000);
  assert.equal(book.nextExpiry(at(4000)), undefined);
  assert.ok(book.last('a') !== undefined);
});

test('older and repeated reports are refused, and a replaced boot never comes back', () => {
  const book = new LeaseBook();
  assert.ok(book.accept('a', report('x', 5), at(0)).ok);
  assert.deepEqual(book.accept('a', report('x', 5), at(1)), { ok: false, fault: 'sequence 5 is not newer than 5' });
  assert.equal(book.accept('a', report('x', 4), at(1)).ok, false);
  assert.ok(book.accept('a', report('y', 0), at(2)).ok);
  assert.deepEqual(book.accept('a', report('x', 99), at(3)), { ok: false, fault: 'boot x ended before' });
});

test('R10: a late receiver grants one interval to leases that lasted when it was last run', () => {
  const book = new LeaseBook();
  book.accept('alive', report('x', 1), at(0));
  book.accept('lapsed', { ...report('x', 1), leaseMs: 500 }, at(0));
  book.grantInterval(at(1000), at(60_000));
  assert.ok(book.fresh('alive', at(60_999)) !== undefined);
  assert.equal(book.fresh('alive', at(61_000)), undefined);
  assert.equal(book.fresh('lapsed', at(60_000)), undefined);
});

test('a late report of an earlier boot does not silence the living one for good', () => {
  const book = new LeaseBook();
  assert.ok(book.accept('a', report('new', 4), at(0)).ok);
  assert.ok(book.accept('a', report('old', 90), at(1)).ok, 'nothing tells that it is the older');
  assert.equal(book.accept('a', report('new', 5), at(1000)).ok, false);
  assert.equal(book.accept('a', report('new', 4), at(3001)).ok, false, 'a replay is never taken');
  assert.ok(book.accept('a', report('new', 7), at(3001)).ok);
  assert.equal(book.accept('a', report('old', 90), at(9000)).ok, false);
});
