import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { OverrideBook } from './overrides.ts';
import { longestOverrideMs } from './report.ts';
import type { Moment } from './overrides.ts';
import type { Override } from './report.ts';

const hour = 3_600_000;
const day = 24 * hour;
const epoch = 1_790_000_000_000;

/** Both clocks, `elapsed` after the start; `step` is by how much the wall clock was set. */
function at(elapsed: number, step = 0): Moment {
  return { nowMs: elapsed as MonoMs, unixMs: (epoch + elapsed + step) as UnixMs };
}

const drainOfFra = { kind: 'drain', site: 'fra' } as const;

function drain(id: string, parts: Partial<Override> = {}): Override {
  return {
    id,
    kind: 'drain',
    site: 'fra',
    reason: 'maintenance',
    who: 'ops',
    createdAtUnixMs: epoch,
    durationMs: hour,
    revision: 0,
    removed: false,
    ...parts,
  };
}

const ids = (overrides: readonly Override[]): readonly string[] => overrides.map(({ id }) => id);

test('R26: an override needs a reason, lasts at most 30 days, and a drained site is not drained again', () => {
  const book = new OverrideBook();
  assert.equal(book.add(drain('a', { reason: ' ' }), at(0)).ok, false);
  assert.equal(book.add(drain('a', { durationMs: longestOverrideMs + 1 }), at(0)).ok, false);
  assert.ok(book.add(drain('a'), at(0)).ok);
  assert.equal(book.add(drain('b'), at(1)).ok, false);
  assert.ok(book.add(drain('c', { site: 'iad' }), at(1)).ok);
  assert.ok(book.add(drain('b'), at(hour)).ok, 'the first has ended');
});

test('R12: an override ends when its duration since receipt and its end by the wall clock have both passed', () => {
  const rows: [elapsed: number, step: number, inForce: boolean][] = [
    [0, 0, true],
    [hour - 1, 0, true],
    [hour, 0, false],
    [hour - 1, day, true],
    [hour, day, false],
    [hour, -day, true],
    [day + hour, -day, false],
  ];
  for (const [elapsed, step, inForce] of rows) {
    const book = new OverrideBook();
    assert.ok(book.add(drain('a'), at(0)).ok);
    const moment = at(elapsed, step);
    assert.equal(book.active(moment).length === 1, inForce, JSON.stringify([elapsed, step]));
    const deadline = book.nextDeadlineMs(moment);
    assert.equal(deadline !== undefined && deadline > moment.nowMs, inForce, 'its deadline lies ahead');
  }
});

test('R12: the duration counts from the receipt, also of an override that came late', () => {
  const book = new OverrideBook();
  assert.equal(book.merge([drain('a')], at(hour - 1000)), true);
  assert.deepEqual(ids(book.active(at(2 * hour - 1001))), ['a']);
  assert.deepEqual(book.active(at(2 * hour - 1000)), []);
});

test('R26: the higher revision wins, whatever the order', () => {
  const removed = drain('a', { revision: 1, removed: true });
  for (const order of [
    [drain('a'), removed],
    [removed, drain('a')],
  ]) {
    const book = new OverrideBook();
    for (const override of order) book.merge([override], at(0));
    assert.deepEqual(book.active(at(1)), []);
    assert.deepEqual(book.all(at(1)), [removed], 'a peer that never saw it is told that it was taken back');
    assert.equal(book.merge([drain('a')], at(2)), false);
  }
});

test('R26: taking back a site’s overrides takes back all of them, also those of other coordinators', () => {
  const book = new OverrideBook();
  book.add(drain('a'), at(0));
  book.merge([drain('b'), drain('c', { site: 'iad' })], at(0));
  assert.deepEqual(ids(book.remove(drainOfFra, at(1))), ['a', 'b']);
  assert.deepEqual(ids(book.active(at(1))), ['c']);
  assert.deepEqual(book.remove(drainOfFra, at(2)), []);
});

test('R19: overrides in force come oldest first, and of the same instant by their id', () => {
  const book = new OverrideBook();
  const older = drain('z', { createdAtUnixMs: epoch - 1 });
  book.merge([drain('b'), drain('a'), older], at(0));
  assert.deepEqual(ids(book.active(at(1))), ['z', 'a', 'b']);
});

test('R12, R26: what is left of an override goes on after a restart', () => {
  const book = new OverrideBook();
  book.add(drain('a'), at(0));
  const [stored] = book.stored(at(hour / 2));
  assert.equal(stored?.remainingMs, hour / 2);
  const next = new OverrideBook();
  // The monotonic clock of the next process is another one.
  const moment = { nowMs: 7 as MonoMs, unixMs: at(hour / 2).unixMs };
  next.restore(book.stored(at(hour / 2)), moment);
  const later = (ms: number): Moment => ({ nowMs: (7 + ms) as MonoMs, unixMs: at(hour / 2 + ms).unixMs });
  assert.equal(next.active(later(hour / 2 - 1)).length, 1);
  assert.deepEqual(next.active(later(hour / 2)), []);
});

test('R12: an override that has ended here is not begun anew by a peer on which it ends later, restart or not', () => {
  const book = new OverrideBook();
  book.add(drain('a'), at(0));
  const ended = at(hour + 1000);
  assert.deepEqual(book.all(ended), []);
  const next = new OverrideBook();
  next.restore(book.stored(ended), ended);
  for (const each of [book, next]) {
    assert.equal(each.merge([drain('a')], ended), false);
    assert.deepEqual(each.active(ended), []);
  }
});

test('R26: after a day a removed override is forgotten, and then no disk gives back what it had not heard of', () => {
  const book = new OverrideBook();
  book.add(drain('a'), at(0));
  const away = book.stored(at(1));
  book.remove(drainOfFra, at(2));
  assert.equal(book.all(at(hour + day - 1)).length, 1);
  assert.deepEqual(book.all(at(hour + day)), []);
  const back = new OverrideBook();
  back.restore(away, at(hour + day));
  assert.deepEqual(back.all(at(hour + day)), []);
});

test('R26: overrides of different kinds, prefixes and sites stand beside each other, two of the same thing do not', () => {
  const book = new OverrideBook();
  const about = (id: string, kind: Override['kind'], prefix: string, site = 'fra'): Override =>
    drain(id, { kind, site, prefix });
  book.add(drain('a'), at(0));
  assert.equal(book.add(about('b', 'depref', '203.0.113.0/24'), at(0)).ok, true);
  assert.equal(book.add(about('c', 'blackhole', '203.0.113.7/32'), at(0)).ok, true);
  assert.equal(book.add(about('d', 'blackhole', '203.0.113.8/32'), at(0)).ok, true);
  assert.equal(book.add(about('e', 'blackhole', '203.0.113.7/32', 'iad'), at(0)).ok, true);
  assert.deepEqual(book.add(about('f', 'blackhole', '203.0.113.7/32'), at(0)), {
    ok: false,
    fault: '203.0.113.7/32 is discarded at fra already',
  });
  const removed = book.remove({ kind: 'blackhole', site: 'fra', prefix: '203.0.113.7/32' }, at(1));
  assert.deepEqual(ids(removed), ['c']);
  assert.deepEqual(ids(book.active(at(1))), ['a', 'b', 'd', 'e']);
});
