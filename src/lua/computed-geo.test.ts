/** Places in code whose arguments are computed, as a serving thread answers: by tables that were built for what was asked. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { collectingGeo } from '#geo/tables.ts';
import type { GeoDistinction } from '#geo/source.ts';
import { answerOf, asking, compileCode, FakeGeo, recordOf } from './lua.fixture.ts';

const places = {
  10: { country: 'DE', continent: 'EU', region: 'BE', asn: 64500, city: 'Berlin', latitude: 52, longitude: 13 },
  20: { country: 'US', continent: 'NA', region: 'NY', asn: 64501, city: 'New York', latitude: 40, longitude: -74 },
  192: { country: 'DE', latitude: 50, longitude: 8 },
  203: { country: 'US', latitude: 39, longitude: -77 },
};

/** Places of which only those distinctions are known that reading the code asked for. */
class ThreadGeo extends FakeGeo {
  readonly #known: ReadonlySet<string>;

  constructor(asked: readonly GeoDistinction[]) {
    super(places);
    this.#known = new Set(asked.map(({ key }) => key));
  }

  override register(distinction: GeoDistinction): ReturnType<FakeGeo['register']> {
    assert.ok(this.#known.has(distinction.key), `tables were built for ${distinction.key}`);
    return super.register(distinction);
  }
}

function answers(code: string, type = 'A'): readonly string[] {
  const reading = collectingGeo(() => undefined);
  const read = compileCode(code, { geo: reading.source, type });
  assert.ok(read.ok, read.ok ? '' : read.fault.message);
  const record = recordOf(code, { geo: new ThreadGeo(reading.distinctions), type });
  return ['10.0.0.1', '20.0.0.1', '30.0.0.1'].map((from) => answerOf(record, asking('www.example.org', from)));
}

test('a loop over places tells clients apart, though its arguments are computed', () => {
  const loop = (name: string, list: string): string =>
    `;for _, code in ipairs({${list}}) do if ${name}(code) then return '192.0.2.1' end end return '203.0.113.1'`;
  const germany = ['192.0.2.1', '203.0.113.1', '203.0.113.1'];
  assert.deepEqual(answers(loop('continent', "'AF', 'EU'")), germany);
  assert.deepEqual(answers(loop('country', "'FR', 'DE'")), germany);
  assert.deepEqual(answers(loop('region', "'BE'")), germany);
  assert.deepEqual(answers(loop('asnum', '64499, 64500')), germany);
});

test('what is nearest is found among addresses that are computed', () => {
  const list = "local list = {} for _, net in ipairs({'192.0.2', '203.0.113'}) do list[#list + 1] = net .. '.1' end";
  const nearest = ['192.0.2.1', '203.0.113.1'];
  assert.deepEqual(answers(`;${list} return pickclosest(list)`).slice(0, 2), nearest);
  assert.deepEqual(answers(`;${list} return ifportup(443, list, {selector='pickclosest'})`).slice(0, 2), nearest);
});

test('geoiplookup tells of an address that the query brings', () => {
  const code = (attribute: string): string => `geoiplookup(bestwho:toString(), GeoIPQueryAttribute.${attribute})`;
  assert.deepEqual(answers(code('City'), 'TXT'), ['"berlin"', '"new york"', '"unknown"']);
  assert.deepEqual(answers(code('ASn'), 'TXT'), ['"64500"', '"64501"', '"unknown"']);
});

test('a function of places works where it is passed on as a value', () => {
  assert.deepEqual(answers(";local is = country return is('DE') and '192.0.2.1' or '192.0.2.2'"), [
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.2',
  ]);
});
