import assert from 'node:assert/strict';
import test from 'node:test';
import type { Place } from '#geo/source.ts';
import { answerOf, answersOf, asking, FakeGeo, FakeHealth, recordOf } from './lua.fixture.ts';

const places: Readonly<Record<number, Place>> = {
  1: {
    continent: 'NA',
    country: 'US',
    region: 'WA',
    city: 'Mukilteo',
    latitude: 47.913,
    longitude: -122.3042,
    asn: 4242,
  },
  2: { continent: 'OC', country: 'AU', latitude: -37.7, longitude: 145.1833, asn: 64500, asName: 'Example Net' },
  3: { continent: 'OC', country: 'FJ', latitude: -17, longitude: 179 },
  4: { continent: 'OC', country: 'WS', latitude: -17, longitude: -178 },
};

test('places are those of the client, in the words of the tests of PowerDNS', () => {
  const geo = new FakeGeo(places);
  const rows: [code: string, client: string, expected: string][] = [
    ["tostring(continent('na'))", '1.2.3.0', '"true"'],
    ["tostring(country({'SE', 'us'}))", '1.2.3.0', '"true"'],
    ["tostring(region('WA'))", '2.1.1.1', '"false"'],
    ["tostring(asnum('4242')) .. tostring(asnum({4242, 1}))", '1.2.3.0', '"truetrue"'],
    ['countryCode()', '2.1.1.1', '"au"'],
    ['continentCode()', '9.1.1.1', '"--"'],
    ['regionCode()', '1.2.3.0', '"wa"'],
    ['latlon()', '1.2.3.0', '"47.913000 -122.304200"'],
    ['latlon()', '9.2.3.0', '"0.000000 0.000000"'],
    ['latlonloc()', '1.2.3.0', '"47 54 46.8 N 122 18 15.12 W 0.00m 1.00m 10000.00m 10.00m"'],
    ['latlonloc()', '9.2.3.0', '"0 0 -0 S 0 0 -0 W 0.00m 1.00m 10000.00m 10.00m"'],
    ["geoiplookup('2.1.1.1', GeoIPQueryAttribute.Name)", '9.1.1.1', '"example net"'],
    ["geoiplookup('1.1.1.1', GeoIPQueryAttribute.Location)", '9.1.1.1', '"47.913000 -122.304200"'],
    ['geoiplookup(bestwho:toString(), GeoIPQueryAttribute.City)', '1.1.1.1', '"mukilteo"'],
    ["geoiplookup('9.1.1.1', GeoIPQueryAttribute.ASn)", '1.1.1.1', '"unknown"'],
  ];
  for (const [code, client, expected] of rows) {
    assert.equal(answerOf(recordOf(code, { type: 'TXT', geo }), asking('www.example.org', client)), expected, code);
  }
});

test('the nearest is picked, across the antimeridian too, and by chance among equally near ones', () => {
  const geo = new FakeGeo(places);
  const record = recordOf("pickclosest({'1.0.0.1', '2.0.0.1', '4.0.0.1'})", { geo });
  assert.deepEqual(answersOf(record, asking('www.example.org', '1.2.3.4')), ['1.0.0.1']);
  assert.deepEqual(answersOf(record, asking('www.example.org', '3.2.3.4')), ['4.0.0.1']);
  const twins = recordOf("pickclosest({'1.0.0.1', '1.0.0.2', '2.0.0.1'})", { geo });
  assert.deepEqual(answersOf(twins, asking('www.example.org', '1.2.3.4')), ['1.0.0.1', '1.0.0.2']);
  const health = new FakeHealth();
  const checked = recordOf("ifportup(80, {'1.0.0.1', '2.0.0.1', '4.0.0.1'}, {selector='pickclosest'})", {
    geo,
    health,
  });
  const from = asking('www.example.org', '3.2.3.4');
  assert.deepEqual(answersOf(checked, from), ['4.0.0.1']);
  health.states.set('4.0.0.1', 'down');
  assert.deepEqual(answersOf(checked, from), ['2.0.0.1']);
  const magic = recordOf('closestMagic()', { owner: '*.magic.example.org', geo });
  assert.equal(answerOf(magic, asking('1-1-1-3.2-1-2-4.4-2-3-5.magic.example.org', '3.1.1.1')), '4.2.3.5');
  assert.match(answerOf(magic, asking('failure.magic.example.org', '3.1.1.1')), /the name holds no address/);
  const magicText = recordOf('latlonMagic()', { owner: '*.magic.example.org', geo, type: 'TXT' });
  assert.equal(answerOf(magicText, asking('4.3.2.1.magic.example.org')), '"47.913000 -122.304200"');
});

test('forward names are read as in the tests of PowerDNS 5.1', () => {
  const four = recordOf("filterForward(createForward(), newNMG{'1.0.0.0/8', '64.0.0.0/8'})", {
    owner: '*.fwd.example.org',
  });
  const rows: Record<string, string> = {
    '1.2.3.4': '1.2.3.4',
    '1.2.3.4.static': '1.2.3.4',
    '1.2.3.4.5.6': '1.2.3.4',
    'invalid.1.2.3.4': '0.0.0.0',
    invalid: '0.0.0.0',
    '1-2-3-4': '1.2.3.4',
    '1-2-3-4.foo.bar': '1.2.3.4',
    '1-2-3-4aa.foo.bar': '0.0.0.0',
    '1-2-3-4.foo.bar.baz': '0.0.0.0',
    'ip-1-2-3-4': '1.2.3.4',
    'ip-is-here-for-you-1-2-3-4': '1.2.3.4',
    '40414243': '64.65.66.67',
    ipp40414243: '64.65.66.67',
    ip4041424: '0.0.0.0',
    'ip-441424': '0.0.0.0',
    'some-text-with-more-than-five-dashes': '0.0.0.0',
    'host64-22-33-44': '64.22.33.44',
    '2.2.2.2': '0.0.0.0',
  };
  for (const [name, expected] of Object.entries(rows)) {
    assert.equal(answerOf(four, asking(`${name}.fwd.example.org`)), expected, name);
  }
  const six = recordOf("filterForward(createForward6(), newNMG{'2000::/3'}, 'fe80::1')", {
    owner: '*.fwd.example.org',
    type: 'AAAA',
  });
  const sixRows: Record<string, string> = {
    '2001--db8': '2001::db8',
    '20010002000300040005000600070db8': '2001:2:3:4:5:6:7:db8',
    blabla20010002000300040005000600070db8: '2001:2:3:4:5:6:7:db8',
    '4000-db8--1': 'fe80::1',
    '2001.2.3.4.5.6.7.db8': '2001:2:3:4:5:6:7:db8',
    'l1.l2.l3.l4.l5.l6.l7.l8': 'fe80::1',
  };
  for (const [name, expected] of Object.entries(sixRows)) {
    assert.equal(answerOf(six, asking(`${name}.fwd.example.org`)), expected, name);
  }
  assert.equal(answerOf(recordOf("filterForward('192.0.2.1', newNMG{'192.1.2.0/24'}, '')")), '');
  assert.equal(answerOf(recordOf("filterForward('192.0.2.1', newNMG{'192.0.2.0/24', '!192.0.2.1'})")), '0.0.0.0');
  assert.equal(answerOf(recordOf('createForward()')), '0.0.0.0');
});

test('reverse names are written as in the tests of PowerDNS 5.1', () => {
  const four = recordOf("createReverse('%5%.example.com', {['10.10.10.10'] = 'quad10.example.com.'})", {
    owner: '*.rev.example.org',
    type: 'PTR',
  });
  for (const [name, expected] of [
    ['4.3.2.1', '1-2-3-4.example.com.'],
    ['10.10.10.10', 'quad10.example.com.'],
    ['256.384.512.640', 'error.'],
  ] as const) {
    assert.equal(answerOf(four, asking(`${name}.rev.example.org`)), expected, name);
  }
  const hex = recordOf("createReverse('%6%.%1%.%4%.example.com')", { owner: '*.rev.example.org', type: 'PTR' });
  assert.equal(answerOf(hex, asking('15.0.0.127.rev.example.org')), '7f00000f.127.15.example.com.');
  const six = recordOf("createReverse6('%33%.example.com', {['2001:db8::1'] = 'example.example.com.'})", {
    owner: '*.rev.example.org',
    type: 'PTR',
  });
  const nibbles = (groups: string): string => groups.split('').toReversed().join('.');
  for (const [groups, expected] of [
    ['20010000000000000000000000000db8', '2001--db8.example.com.'],
    ['20010db8000000000000000000000001', 'example.example.com.'],
    ['00000000000000000000000000000000', '0--0.example.com.'],
    ['00000000000000000000000000000001', '0--1.example.com.'],
    ['00aa0000000000000000000000000000', '0aa--0.example.com.'],
    ['000a000b00000000000000000000000c', 'a-b--c.example.com.'],
    ['000a0000000000000000000000b0000c', 'a--b0-c.example.com.'],
    ['2001000000000000db8', 'unknown.'],
    ['I001000000000000000000000000000O', 'error.'],
  ] as const) {
    assert.equal(answerOf(six, asking(`${nibbles(groups)}.rev.example.org`)), expected, groups);
  }
});
