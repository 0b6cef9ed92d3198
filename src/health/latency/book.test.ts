import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { MonoMs } from '#base/time.ts';
import { LatencyBook } from './book.ts';
import type { LatencyRow, LatencySource } from './book.ts';
import { measurementLifeMs } from './report.ts';
import type { LatencyEntry } from './report.ts';

const at = (ms: number): MonoMs => ms as MonoMs;
const entry = (network: string, rttMs: number, weight = 10, ageSeconds = 0): LatencyEntry => ({
  network: present(parsePrefix(network), network),
  rttMs,
  weight,
  ageSeconds,
});
const net = '192.0.2.0/24';
const node = (site: string, name = 'lb1'): LatencySource => ({ kind: 'node', site, node: name });
const coordinator = (site: string): LatencySource => ({ kind: 'coordinator', site });

function bookOf(ownSite = 'fra'): LatencyBook {
  const book = new LatencyBook(ownSite);
  book.replaceSites(['fra', 'iad', 'sin']);
  return book;
}

/** Rows as `prefix site:ms site:ms`. */
function text(rows: readonly LatencyRow[]): readonly string[] {
  return rows.map(({ prefix, sites }) => [prefix, ...sites.map(({ site, rttMs }) => `${site}:${rttMs}`)].join(' '));
}

test('nodes of a site and resolvers at its coordinator are averaged by weight', () => {
  const book = bookOf();
  book.take(node('fra', 'lb1'), [entry(net, 10, 20)], at(0));
  book.take(node('fra', 'lb2'), [entry(net, 40, 10)], at(0));
  assert.deepEqual(book.ownEntries(at(0)), [entry(net, 20, 30)]);
  book.take({ kind: 'resolvers' }, [entry(net, 206, 1)], at(0));
  assert.deepEqual(book.ownEntries(at(0)), [entry(net, 26, 31)]);
});

test('of another site, its coordinator goes before its nodes, which count where it says nothing', () => {
  const book = bookOf();
  book.take(node('fra'), [entry(net, 50), entry('198.51.100.0/24', 50)], at(0));
  book.take(node('iad'), [entry(net, 10), entry('198.51.100.0/24', 20)], at(0));
  book.take(coordinator('iad'), [entry(net, 30)], at(0));
  assert.deepEqual(text(book.rows(at(0))), ['192.0.2.0/24 iad:30 fra:50', '198.51.100.0/24 iad:20 fra:50']);
  assert.deepEqual(text(bookOf('sin').rows(at(0))), []);
});

test('a network that one site alone was measured from has no row: there is nothing to compare', () => {
  const book = bookOf();
  book.take(node('fra'), [entry(net, 300)], at(0));
  assert.deepEqual(book.rows(at(0)), []);
});

test('a measurement counts no more when it is fifteen minutes old, its age at the sender included', () => {
  const book = bookOf();
  book.take(node('fra'), [entry(net, 10, 10, 300)], at(0));
  book.take(coordinator('iad'), [entry(net, 20)], at(0));
  assert.equal(book.rows(at(measurementLifeMs - 300_001)).length, 1);
  assert.equal(book.rows(at(measurementLifeMs - 300_000)).length, 0);
});

test('a source that falls silent is believed until its measurements are too old, and a new list replaces the old (R23)', () => {
  const book = bookOf();
  book.take(node('fra'), [entry(net, 10)], at(0));
  book.take(coordinator('iad'), [entry(net, 20)], at(0));
  assert.equal(book.rows(at(600_000)).length, 1);
  book.take(coordinator('iad'), [], at(600_000));
  assert.equal(book.rows(at(600_000)).length, 0);
});

test('an order holds over noise, and ends when the sites differ clearly', () => {
  const book = bookOf();
  const preferred = (fra: number, iad: number, now: number): string | undefined => {
    book.take(node('fra'), [entry(net, fra)], at(now));
    book.take(coordinator('iad'), [entry(net, iad)], at(now));
    return book.rows(at(now))[0]?.sites[0]?.site;
  };
  assert.equal(preferred(20, 22, 0), 'fra');
  assert.equal(preferred(23, 20, 1), 'fra');
  assert.equal(preferred(26, 20, 2), 'iad');
  assert.equal(preferred(20, 22, 3), 'iad');
});

test('an unmeasured site, or network, is judged by its aggregate once three networks there were measured', () => {
  const book = bookOf();
  const networks = ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24'];
  const all = (ms: number): readonly LatencyEntry[] => networks.map((each) => entry(each, ms));
  book.take(node('fra'), [...all(30), entry('10.1.9.0/24', 50)], at(0));
  book.take(coordinator('iad'), all(80).slice(1), at(0));
  assert.deepEqual(text(book.rows(at(0))), ['10.1.2.0/24 fra:30 iad:80', '10.1.3.0/24 fra:30 iad:80']);
  book.take(coordinator('iad'), all(80), at(0));
  assert.deepEqual(text(book.rows(at(0))).slice(3), ['10.1.9.0/24 fra:50 iad:80', '10.1.0.0/16 fra:35 iad:80']);
});

test('sites that the release does not have are not heard, and one that it loses is forgotten', () => {
  const book = bookOf();
  book.take(node('fra'), [entry(net, 10)], at(0));
  book.take(coordinator('nowhere'), [entry(net, 1)], at(0));
  assert.deepEqual(book.rows(at(0)), []);
  book.take(coordinator('iad'), [entry(net, 20)], at(0));
  assert.equal(book.rows(at(0)).length, 1);
  assert.equal(book.take(coordinator('iad'), [entry(net, 20)], at(0)), false);
  book.replaceSites(['fra', 'sin']);
  book.replaceSites(['fra', 'sin', 'iad']);
  assert.deepEqual(book.rows(at(0)), []);
  assert.equal(book.take(coordinator('iad'), [entry(net, 20)], at(0)), true, 'its first list again');
});

const anyNetwork = fc.constantFrom('10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24', '2001:db8::/48');
const anyEntries = fc.uniqueArray(
  fc
    .tuple(anyNetwork, fc.double({ min: 0, max: 300, noNaN: true }), fc.integer({ min: 1, max: 100_000 }))
    .map((parts) => entry(...parts)),
  { selector: ({ network }) => network },
);
const sources: readonly LatencySource[] = [
  ...['fra', 'iad', 'sin'].flatMap((site) => [node(site, 'a'), node(site, 'b'), node(site, 'c')]),
  coordinator('iad'),
  { kind: 'resolvers' },
];

test('lists may come in any order: what is known is the same', () => {
  const takes = fc.tuple(...sources.map((source) => anyEntries.map((entries) => ({ source, entries }))));
  fc.assert(
    fc.property(
      takes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([inOrder, shuffled]) => {
        const [one, other] = [bookOf(), bookOf()];
        for (const { source, entries } of inOrder) one.take(source, entries, at(0));
        for (const { source, entries } of shuffled) other.take(source, entries, at(0));
        const sorted = (book: LatencyBook): readonly string[] => [...text(book.rows(at(1)))].sort();
        assert.deepEqual(sorted(one), sorted(other));
        assert.deepEqual(one.ownEntries(at(1)), other.ownEntries(at(1)));
      },
    ),
  );
});

test('what is told and what is kept is bounded, the heaviest networks first', () => {
  const book = bookOf();
  const many = (count: number, weight: number): readonly LatencyEntry[] =>
    Array.from({ length: count }, (_, index) => entry(`${weight}.${index >> 8}.${index & 255}.0/24`, 10, weight));
  for (const weight of [1, 2, 3, 4, 5]) {
    book.take(node('fra', `lb${weight}`), many(4000, weight), at(0));
    book.take(node('iad', `lb${weight}`), many(4000, weight), at(0));
  }
  const told = book.ownEntries(at(0));
  assert.equal(told.length, 5000);
  assert.deepEqual([told[0]?.weight, told[4999]?.weight], [5, 4]);
  const rows = book.rows(at(0));
  assert.equal(rows.filter(({ prefix }) => prefix.endsWith('/24')).length, 16_384);
  assert.ok(rows.some(({ prefix }) => prefix === '5.0.0.0/16'));
});
