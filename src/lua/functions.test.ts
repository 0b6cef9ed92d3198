import assert from 'node:assert/strict';
import test from 'node:test';
import { answerOf, answersOf, asking, compileCode, FakeHealth, recordOf } from './lua.fixture.ts';

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
  recordOf("ifurlextup({{['192.0.2.7']='https://www.example.org/seven'}})", { health });
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
      what: {
        ...http,
        kind: 'https',
        path: '/seven',
        host: 'www.example.org',
        serverName: 'www.example.org',
        lookUp: 'www.example.org',
      },
      address: '0.0.0.0',
      port: 443,
      ...timing,
    },
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
