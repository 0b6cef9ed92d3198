import assert from 'node:assert/strict';
import test from 'node:test';
import type { Place } from '#geo/source.ts';
import { answerOf, answersOf, asking, compileCode, FakeGeo, FakeHealth, recordOf } from './lua.fixture.ts';

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

test('the pickers pick among their values, and all gives all', () => {
  const rows: [code: string, expected: readonly string[]][] = [
    ["pickrandom({'192.0.2.1', '192.0.2.2'})", ['192.0.2.1', '192.0.2.2']],
    ["all({'192.0.2.2', '192.0.2.1'})", ['192.0.2.2 192.0.2.1']],
    [
      "pickrandomsample(2, {'192.0.2.1', '192.0.2.2', '192.0.2.3'})",
      [
        '192.0.2.1 192.0.2.2',
        '192.0.2.1 192.0.2.3',
        '192.0.2.2 192.0.2.1',
        '192.0.2.2 192.0.2.3',
        '192.0.2.3 192.0.2.1',
        '192.0.2.3 192.0.2.2',
      ],
    ],
    ["pickrandomsample(0, {'192.0.2.1'})", ['']],
    ["pickrandomsample(9, {'192.0.2.1'})", ['192.0.2.1']],
    ["pickwrandom({{0, '192.0.2.1'}, {7, '192.0.2.2'}})", ['192.0.2.2']],
    ["pickwrandom({{1, '192.0.2.1'}, {1, '192.0.2.2'}})", ['192.0.2.1', '192.0.2.2']],
    ["'192.0.2.1'", ['192.0.2.1']],
    ["{'192.0.2.1', '192.0.2.2'}", ['192.0.2.1 192.0.2.2']],
    ['{}', ['']],
    ["; return pickrandom({'192.0.2.1'}), 'second'", ['192.0.2.1']],
  ];
  for (const [code, expected] of rows) assert.deepEqual(answersOf(recordOf(code)), expected, code);
});

test('what cannot give anything is refused when the zone is loaded', () => {
  const rows: [code: string, message: RegExp][] = [
    ['pickrandom()', /an argument is missing/],
    ['pickrandom({})', /there is no value/],
    ["pickrandom('192.0.2.1')", /the values are "192\.0\.2\.1"/],
    ["pickrandom({a='192.0.2.1'})", /"a" has no place here/],
    ["pickrandom({'2001:db8::1'})", /cannot be the data of A/],
    ["pickrandomsample('two', {'192.0.2.1'})", /the count is "two"/],
    ["pickwhashed({{0, '192.0.2.1'}})", /the weights are all 0/],
    ["pickwhashed({{-5, '192.0.2.1'}})", /weight "-5" is not a number from 0 to 1000000/],
    ["pickwhashed({'192.0.2.1'})", /a value is "192\.0\.2\.1"/],
    ['pickwhashed({{1}})', /is not \{weight, value\}/],
    ["pickchashed({{100001, '192.0.2.1'}})", /at most 100000/],
    ["pickclosest({'www.example.org'})", /is not an IP address/],
    ["pickrandom({'192.0.2.1'}, {})", /expected port or url/],
    ["pickrandom({'192.0.2.1'}, {selector='all'})", /option "selector" is not known: expected port, url, source/],
    ["netmask({'192.0.2.0/33'})", /is not a network/],
    ["view({{{'192.0.2.0/24'}}})", /is not \{\{networks\}, \{values\}\}/],
    ['country()', /an argument is missing/],
    ["geoiplookup('192.0.2.1', 9)", /is not an attribute/],
    ["createReverse('%7%.example.org')", /the format has "%7%"/],
    ["steer('www')", /there is no service "www"/],
    ["ifurlup('ftp://www.example.org/', {'192.0.2.1'})", /is no URL to check/],
    ["ifurlup('https://www.example.org/', {'192.0.2.1'}, {regexmatch='('})", /no regular expression/],
    ["ifurlup('https://www.example.org/', {'192.0.2.1'}, {regexmatch='a', stringmatch='b'})", /both given/],
    ["ifurlup('https://www.example.org/', {'192.0.2.1'}, {expectStatus='2xx'})", /is no status/],
    ["ifurlup('https://www.example.org/', {'192.0.2.1'}, {method='DELETE'})", /expected GET, HEAD, POST, OPTIONS/],
    ["ifurlup('https://www.example.org/', {'192.0.2.1'}, {headers={['a b']='c'}})", /no name of a header/],
    [String.raw`ifurlup('https://www.example.org/', {'192.0.2.1'}, {headers={a='b\r\nc'}})`, /control characters/],
    ["ifurlextup({{['192.0.2.1']='https://www.example.org/'}})", /the URL's host is a name, which is not looked up/],
    ['ifurlextup({})', /there is no address/],
    ["ifportup(80, {'192.0.2.1'}, {onUnknown='maybe'})", /expected up, backup, down, servfail/],
  ];
  for (const [code, message] of rows) {
    const compiled = compileCode(code);
    assert.ok(!compiled.ok, code);
    assert.match(compiled.fault.message, message, code);
  }
});

test('picknamehashed goes by the name in any case, as in the tests of PowerDNS', () => {
  const record = recordOf("picknamehashed({{15, '1.2.3.4'}, {42, '4.3.2.1'}})", { owner: '*.namehashed.example.org' });
  for (const [name, expected] of [
    ['test.namehashed.example.org', '1.2.3.4'],
    ['TEST.nameHashed.example.org', '1.2.3.4'],
    ['test2.namehashed.example.org', '4.3.2.1'],
  ] as const) {
    assert.equal(answerOf(record, asking(name)), expected, name);
  }
});

test('pickchashed keeps clients where they are when an entry is added or down, and follows the weights', () => {
  const entries = "{100, '192.0.2.1'}, {200, '192.0.2.2'}, {100, '192.0.2.3'}";
  const health = new FakeHealth();
  const before = recordOf(`pickchashed({${entries}})`);
  const checked = recordOf(`pickchashed({${entries}}, {port=443})`, { health });
  const after = recordOf(`pickchashed({${entries}, {100, '192.0.2.4'}})`);
  health.states.set('192.0.2.1', 'down');
  const counts = new Map<string, number>();
  for (let host = 0; host < 4000; host++) {
    const client = asking('www.example.org', `10.0.${host >> 8}.${host & 255}`);
    const chosen = answerOf(before, client);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    if (chosen !== '192.0.2.1') assert.equal(answerOf(checked, client), chosen);
    assert.ok([chosen, '192.0.2.4'].includes(answerOf(after, client)));
  }
  assert.ok((counts.get('192.0.2.2') ?? 0) > 1600 && (counts.get('192.0.2.2') ?? 0) < 2400, String([...counts]));
});

test('pickers with a port or URL leave out what is down, and with all down give all that is not withheld (R8)', () => {
  const values = "'192.0.2.1', '192.0.2.2', '192.0.2.3'";
  const weighted = "{1, '192.0.2.1'}, {1, '192.0.2.2'}, {1, '192.0.2.3'}";
  for (const code of [
    `pickrandom({${values}}, {port=443})`,
    `pickwrandom({${weighted}}, {port=443})`,
    `pickrandomsample(1, {${values}}, {url='https://www.example.org/'})`,
    `pickclosest({${values}}, {port=443})`,
    `; return pickrandom({${values}}, {port=443})`,
  ]) {
    const health = new FakeHealth();
    const record = recordOf(code, { health });
    health.states.set('192.0.2.1', 'down');
    assert.deepEqual(answersOf(record), ['192.0.2.2', '192.0.2.3'], code);
    for (const address of ['192.0.2.2', '192.0.2.3']) health.states.set(address, 'down');
    health.withheld.add('192.0.2.2');
    assert.deepEqual(answersOf(record), ['192.0.2.1', '192.0.2.3'], code);
    const answer = record.evaluate(asking('www.example.org'));
    assert.ok(answer.kind === 'records' && answer.changePending && answer.note === 'failOpen', code);
  }
});

test('URLs, their options and the defaults make the checks', () => {
  const health = new FakeHealth();
  recordOf("ifurlup('https://www.example.org:8443/a?b=c', {'192.0.2.1'})", { health });
  recordOf(
    `ifurlup('http://user:pass@www.example.org/', {'192.0.2.2'}, {stringmatch='ok', useragent='probe', byteslimit=1000,
      expectStatus='200-299,301', method='HEAD', headers={x_probe='1', host='other.example.org'}, tlsVerify=false,
      timeout=1, interval=30, minimumFailures=3, rise=2, source='192.0.2.9', verdict='probe'})`,
    { health },
  );
  recordOf("ifurlup('https://192.0.2.80/', {'192.0.2.3'}, {httpcode='404', regexmatch='^a+$', byteslimit=0})", {
    health,
  });
  recordOf("ifurlextup({{['192.0.2.4']='https://[2001:db8::1]/four'}, {['192.0.2.5']='http://192.0.2.99:81/'}})", {
    health,
  });
  recordOf("pickselfweighted('http://www.example.org/weight', {'192.0.2.6'})", { health });
  const http = {
    method: 'GET',
    expectStatus: [{ from: 200, to: 200 }],
    verifyTls: true,
    followRedirects: 10,
    reuseConnection: false,
    readsWeight: false,
  };
  const timing = { intervalMs: 5000, timeoutMs: 2000, rise: 1, fall: 1, onlyProbe: false };
  assert.deepEqual(health.targets, [
    {
      what: { ...http, kind: 'https', path: '/a?b=c', host: 'www.example.org:8443', serverName: 'www.example.org' },
      address: '192.0.2.1',
      port: 8443,
      ...timing,
    },
    {
      what: {
        ...http,
        kind: 'http',
        path: '/',
        host: 'other.example.org',
        method: 'HEAD',
        expectStatus: [
          { from: 200, to: 299 },
          { from: 301, to: 301 },
        ],
        verifyTls: false,
        headers: [
          ['authorization', 'Basic dXNlcjpwYXNz'],
          ['x-probe', '1'],
        ],
        userAgent: 'probe',
        expectBody: { kind: 'text', value: 'ok' },
        maxBodyBytes: 1000,
        followRedirects: 0,
      },
      address: '192.0.2.2',
      port: 80,
      intervalMs: 30_000,
      timeoutMs: 1000,
      rise: 2,
      fall: 3,
      onlyProbe: true,
      sourceAddress: '192.0.2.9',
    },
    {
      what: {
        ...http,
        kind: 'https',
        path: '/',
        host: '192.0.2.80',
        expectStatus: [{ from: 404, to: 404 }],
        expectBody: { kind: 'pattern', value: '^a+$' },
      },
      address: '192.0.2.3',
      port: 443,
      ...timing,
    },
    {
      what: { ...http, kind: 'https', path: '/four', host: '[2001:db8::1]' },
      address: '2001:db8::1',
      port: 443,
      ...timing,
    },
    { what: { ...http, kind: 'http', path: '/', host: '192.0.2.99:81' }, address: '192.0.2.99', port: 81, ...timing },
    {
      what: { ...http, kind: 'http', path: '/weight', host: 'www.example.org', readsWeight: true },
      address: '192.0.2.6',
      port: 80,
      ...timing,
    },
  ]);
});

test('ifurlextup answers the address whose URL is up, group by group, in the order written', () => {
  const health = new FakeHealth();
  const record = recordOf(
    "ifurlextup({{['192.0.2.1']='http://192.0.2.91/', ['192.0.2.2']='http://192.0.2.92/'}, {['192.0.2.3']='http://192.0.2.93/'}}, {selector='all'})",
    { health },
  );
  assert.equal(answerOf(record), '192.0.2.1 192.0.2.2');
  health.states.set('192.0.2.91', 'down');
  assert.equal(answerOf(record), '192.0.2.2');
  health.states.set('192.0.2.92', 'down');
  assert.equal(answerOf(record), '192.0.2.3');
});

test('pickselfweighted follows the weights that targets tell; with all down it picks by chance, and unknown is one', () => {
  const health = new FakeHealth();
  const record = recordOf("pickselfweighted('http://www.example.org/w', {'192.0.2.1', '192.0.2.2'})", { health });
  health.weights.set('192.0.2.1', 9);
  health.weights.set('192.0.2.2', 1);
  let first = 0;
  for (let host = 0; host < 2000; host++) {
    if (answerOf(record, asking('www.example.org', `10.0.${host >> 8}.${host & 255}`)) === '192.0.2.1') first++;
  }
  assert.ok(first > 1700 && first < 1900, String(first));
  health.states.set('192.0.2.1', 'down');
  assert.deepEqual(answersOf(record), ['192.0.2.2']);
  health.states.set('192.0.2.2', 'down');
  assert.deepEqual(answersOf(record), ['192.0.2.1', '192.0.2.2']);
});

test('onUnknown says what an address counts as before its first check', () => {
  const sets = "{{'192.0.2.1', '192.0.2.2'}, {'192.0.2.3'}}";
  const record = (state: string, health: FakeHealth): ReturnType<typeof recordOf> =>
    recordOf(`ifportup(80, ${sets}, {selector='all', backupSelector='all', onUnknown='${state}'})`, { health });
  const rows: [state: string, states: readonly (readonly [string, 'up' | 'down'])[], expected: string][] = [
    ['up', [], '192.0.2.1 192.0.2.2'],
    ['up', [['192.0.2.1', 'down']], '192.0.2.2'],
    ['backup', [['192.0.2.3', 'up']], '192.0.2.3'],
    ['backup', [['192.0.2.1', 'down']], '192.0.2.2'],
    ['down', [['192.0.2.3', 'up']], '192.0.2.3'],
    ['down', [['192.0.2.1', 'down']], '192.0.2.1 192.0.2.2'],
    ['servfail', [], 'failure: no health check of this name has finished yet'],
    ['servfail', [['192.0.2.3', 'down']], '192.0.2.1 192.0.2.2'],
    ['servfail', [['192.0.2.2', 'up']], '192.0.2.2'],
  ];
  for (const [state, states, expected] of rows) {
    const health = new FakeHealth('unknown');
    for (const [address, is] of states) health.states.set(address, is);
    assert.equal(answerOf(record(state, health)), expected, `${state} ${JSON.stringify(states)}`);
  }
});

test('view and netmask go by the client network, the first that holds it first', () => {
  const view = recordOf(
    "view({{{'192.0.2.0/25', '2001:db8::/32'}, {'203.0.113.1'}}, {{'192.0.0.0/8'}, {'203.0.113.2'}}})",
  );
  for (const [client, expected, scope] of [
    ['192.0.2.7', '203.0.113.1', 25],
    ['192.0.2.200', '203.0.113.2', 25],
    ['192.1.0.1', '203.0.113.2', 16],
    ['10.0.0.1', 'failure: the record gives nothing for this client', -1],
    ['2001:db8::1', '203.0.113.1', 32],
  ] as const) {
    const from = asking('www.example.org', client);
    assert.equal(answerOf(view, from), expected, client);
    const answer = view.evaluate(from);
    assert.equal(answer.kind === 'records' ? answer.scopeBits : -1, scope, client);
  }
  const mask = recordOf("tostring(netmask({'192.0.2.0/24', '198.51.100.7'}))", { type: 'TXT' });
  assert.equal(answerOf(mask, asking('www.example.org', '198.51.100.7')), '"true"');
  assert.equal(answerOf(mask, asking('www.example.org', '198.51.100.8')), '"false"');
});

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
