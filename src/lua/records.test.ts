import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { ipBytes, parseIp } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { Client, DynamicAnswer, DynamicRecord } from '#dns/zone/dynamic.ts';
import {
  answerOf,
  answersOf,
  asking,
  compileCode,
  FakeGeo,
  FakeHealth,
  recordOf,
  recordsOf,
  steeringOf,
} from './lua.fixture.ts';
import type { SteerSource } from './steer.ts';
import { maxComputedTargets, maxTargetsOfRecord } from './targets-registry.ts';

function scopeOf(record: DynamicRecord, client: Client): number {
  const answer = record.evaluate(client);
  return answer.kind === 'records' ? answer.scopeBits : -1;
}

test('every target that constants name is registered at load, wherever in the code it stands', () => {
  const ips = "{'192.0.2.1', '192.0.2.2'}";
  const rows: [code: string, expected: readonly string[]][] = [
    [`ifportup(80, ${ips})`, ['192.0.2.1', '192.0.2.2']],
    [
      `; if country('DE') then return ifportup(80, {'192.0.2.1'}) else return ifportup(80, {'192.0.2.2'}) end`,
      ['192.0.2.1', '192.0.2.2'],
    ],
    [`; local ips = ${ips} return ifportup(80, ips)`, ['192.0.2.1', '192.0.2.2']],
    [`; local function f() return ifportup(80, ${ips}) end return f()`, ['192.0.2.1', '192.0.2.2']],
    [
      `; local t = {eu = {'192.0.2.1'}, us = {'192.0.2.2'}} return ifportup(80, {t.eu, t['us']})`,
      ['192.0.2.1', '192.0.2.2'],
    ],
    [
      `; local ips if tcp then ips = {'192.0.2.1'} else ips = {'192.0.2.2'} end return ifportup(80, ips)`,
      ['192.0.2.1', '192.0.2.2'],
    ],
    [`; local net = '192.0.2.' return ifportup(80, {net .. 1, net .. 2})`, ['192.0.2.1', '192.0.2.2']],
    [`; return ifportup(80, tcp and {'192.0.2.1'} or {'192.0.2.2'})`, ['192.0.2.1', '192.0.2.2']],
    [`; local ips = ${ips} for _, ip in ipairs(ips) do end return ifportup(80, ips)`, ['192.0.2.1', '192.0.2.2']],
    [`; ips = ${ips} return ifportup(80, ips, {timeout = 1})`, ['192.0.2.1', '192.0.2.2']],
    // A table that the code changes is no constant.
    [`; local ips = {'192.0.2.1'} ips[2] = '192.0.2.2' return ifportup(80, ips)`, []],
    [`; local ips = {'192.0.2.1'} table.insert(ips, '192.0.2.2') return ifportup(80, ips)`, []],
    [`; local ips = {'192.0.2.1'} local other = ips other[2] = '192.0.2.2' return ifportup(80, ips)`, []],
    [
      `; local sets = {{'192.0.2.1'}} for _, set in ipairs(sets) do set[2] = '192.0.2.2' end return ifportup(80, sets)`,
      [],
    ],
  ];
  for (const [code, expected] of rows) {
    const health = new FakeHealth();
    const record = recordOf(code, { health });
    assert.deepEqual(
      health.targets.map(({ address }) => address),
      expected,
      code,
    );
    for (const answer of answersOf(record)) assert.match(answer, /^192\.0\.2\.[12]$/, code);
    assert.deepEqual(
      [...new Set(health.targets.map(({ address }) => address))].toSorted(),
      expected.length > 0 ? expected : ['192.0.2.1', '192.0.2.2'],
      `${code}: computed targets are registered when they are met`,
    );
  }
});

test('a record that is refused registers nothing', () => {
  const health = new FakeHealth();
  const compiled = compileCode("; local a = ifportup(80, {'192.0.2.1'}) return pickrandom({})", { health });
  assert.ok(!compiled.ok);
  assert.deepEqual(health.targets, []);
});

test('code cannot compute targets without end', () => {
  const health = new FakeHealth();
  const code =
    ";local name = qname:toString() local n = tonumber(name:match('^%d+')) return ifportup(n % 60000 + 1, {'192.0.2.' .. math.floor(n / 60000) + 1})";
  const records = recordsOf(Array<string>(11).fill(code), { health });
  const failures = records.map((record, index) => {
    for (let count = 0; count <= maxTargetsOfRecord; count++) {
      const answer = answerOf(record, asking(`${index * 2000 + count}.example.org`));
      if (answer.startsWith('failure')) return answer;
    }
    return '';
  });
  // Ten records use up what all have together, each no more than its part of it.
  for (const failure of failures.slice(0, 10)) assert.match(failure, /the record computed more than 1000 targets/);
  assert.match(failures[10] ?? '', /records computed more than 10000 targets/);
  assert.equal(health.targets.length, maxComputedTargets);
});

test('a ring that code computes takes as many steps as it has points', () => {
  const weights = (weight: number): string =>
    `; local w = ${weight} + #tostring(zone) * 0 return pickchashed({{w, '192.0.2.1'}})`;
  assert.equal(answerOf(recordOf(weights(5000))), '192.0.2.1');
  assert.match(answerOf(recordOf(weights(90_000))), /^failure: .*more than 10000 steps/);
});

test('R15: the scope is that of every call in the code, whatever health is and wherever the code goes', () => {
  const geo = new FakeGeo({ 1: { country: 'DE', latitude: 1, longitude: 1 } });
  const health = new FakeHealth();
  const network = (text: string): Client => asking('www.example.org', text, { addressBits: 24 });
  const rows: [code: string, client: string, scope: number][] = [
    ["ifportup(80, {'192.0.2.1'})", '1.2.3.0', 0],
    ["pickrandom({'192.0.2.1'})", '1.2.3.0', 0],
    ["ifportup(80, {'192.0.2.1'}, {selector='hashed'})", '1.2.3.0', 24],
    ["ifportup(80, {'192.0.2.1'}, {backupSelector='hashed'})", '1.2.3.0', 24],
    ["pickhashed({'192.0.2.1', '192.0.2.2'})", '1.2.3.0', 24],
    ["pickclosest({'1.0.2.1', '9.0.2.2'})", '1.2.3.0', 8],
    ["ifportup(80, {'192.0.2.1'}, {selector='pickclosest'})", '9.2.3.0', 4],
    [";if tcp then return pickhashed({'192.0.2.1'}) end return '192.0.2.2'", '1.2.3.0', 24],
    [";if country('DE') then return '192.0.2.1' end return '192.0.2.2'", '1.2.3.0', 8],
    [";if country('DE') then return '192.0.2.1' end return '192.0.2.2'", '9.2.3.0', 4],
    [";if netmask({'1.2.0.0/16'}) then return '192.0.2.1' end return '192.0.2.2'", '1.2.3.0', 16],
    [";if netmask({'1.2.0.0/16'}) then return '192.0.2.1' end return '192.0.2.2'", '128.2.3.0', 1],
    [";if bestwho:isIPv4() then return '192.0.2.1' end return '192.0.2.2'", '1.2.3.0', 24],
    [";if who:isIPv4() then return '192.0.2.1' end return '192.0.2.2'", '1.2.3.0', 0],
    [";local t = {} t[1] = '192.0.2.1' return ifportup(80, t)", '1.2.3.0', 0],
    [";local t = {} t[1] = '192.0.2.1' return ifportup(80, t, {selector='hashed'})", '1.2.3.0', 24],
    [";local t = {} t[1] = '192.0.2.1' return pickhashed(t)", '1.2.3.0', 24],
    [";local f = pickrandom return f({'192.0.2.1'})", '1.2.3.0', 24],
  ];
  for (const [code, client, scope] of rows) {
    const record = recordOf(code, { geo, health });
    assert.equal(scopeOf(record, network(client)), scope, code);
    for (const address of ['192.0.2.1', '192.0.2.2']) health.states.set(address, 'down');
    assert.equal(scopeOf(record, network(client)), scope, `${code}, all down`);
    health.states.clear();
  }
});

test('a place is told apart only as far as the call does', () => {
  const geo = new FakeGeo({ 1: { country: 'DE' }, 2: { country: 'SE' }, 3: { country: 'US' } });
  recordOf(";if country({'DE', 'se'}) then return '192.0.2.1' end return '192.0.2.2'", { geo });
  const [distinction] = geo.distinctions;
  assert.equal(geo.distinctions.length, 1);
  const classes = ['DE', 'SE', 'US', 'FR'].map((country) => distinction?.classify({ country }));
  assert.deepEqual(classes, ['yes', 'yes', 'no', 'no']);
});

test('snippets give records their settings, and are no answer themselves', () => {
  const health = new FakeHealth();
  const snippets = {
    config: "settings={stringmatch='Programming in Lua'} EUips={'192.0.2.1', '192.0.2.2'} USAips={'198.51.100.1'}",
    lib: "include('config') function nearest() return EUips[1] end",
    broken: 'settings = {',
    ring: "include('ring')",
  };
  const options = { health, snippets };
  const record = recordOf(
    ";include('config') return ifurlup('https://www.lua.org/', {USAips, EUips}, settings)",
    options,
  );
  assert.deepEqual(
    health.targets.map(({ address }) => address),
    ['198.51.100.1', '192.0.2.1', '192.0.2.2'],
  );
  assert.deepEqual(answersOf(record), ['198.51.100.1']);
  health.states.set('198.51.100.1', 'down');
  assert.deepEqual(answersOf(record), ['192.0.2.1', '192.0.2.2']);
  assert.equal(answerOf(recordOf(";include 'lib' return nearest()", options)), '192.0.2.1');
  assert.match(answerOf(recordOf(";include('ring') return '192.0.2.1'", options)), /stack overflow/);
  for (const [code, offset, message] of [
    [";include('nothing') return '192.0.2.1'", 1, /there is no snippet at nothing\.example\.org\./],
    [";  include('broken') return '192.0.2.1'", 3, /in the snippet "broken": line 1: .*expected near '<eof>'/],
    [';include(qname) return 1', 1, /include takes the label of a snippet/],
  ] as const) {
    const compiled = compileCode(code, options);
    assert.ok(!compiled.ok);
    assert.match(compiled.fault.message, message);
    assert.equal(compiled.fault.offset, offset);
  }
  const snippet = recordOf(snippets.config, { type: 'LUA' });
  assert.deepEqual(answerOf(snippet), '');
  const refused = compileCode(snippets.broken, { type: 'LUA' });
  assert.ok(!refused.ok && refused.fault.offset === snippets.broken.length);
});

test("PowerDNS's variables and objects are there", () => {
  const resolver = ipBytes(present(parseIp('203.0.113.53'), 'an address'));
  const client = asking('WWW.example.org', '198.51.100.0', {
    addressBits: 24,
    resolver,
    isTcp: true,
    dnssecOk: true,
    ednsUdpBytes: 1232,
  });
  const rows: [code: string, expected: string][] = [
    ['qname:toString()', 'WWW.example.org.'],
    ['zone:toStringNoDot()', 'example.org'],
    [
      'bestwho:toString() .. " " .. who:toString() .. " " .. tostring(ecswho)',
      '198.51.100.0 203.0.113.53 198.51.100.0/24',
    ],
    [
      'ecswho:getBits() .. ecswho:getNetwork():toString() .. tostring(ecswho:match("198.51.100.9"))',
      '24198.51.100.0true',
    ],
    ['tostring(localwho) .. tostring(tcp) .. tostring(dnssecOK) .. ednsPKTSize .. zoneid', 'niltruetrue12320'],
    ['tostring(qname == newDN("www.EXAMPLE.org")) .. tostring(qname:equal("a.b"))', 'truefalse'],
    ['qname:makeRelative(zone):toString()', 'WWW.'],
    ['tostring(qname:isPartOf(zone)) .. tostring(zone:isPartOf(qname))', 'truefalse'],
    ['qname:countLabels() .. qname:wirelength() .. qname:getRawLabels()[2]', '317example'],
    ['tostring(newDN("a.example.org") < newDN("b.example.org"))', 'true'],
    ['tostring(newDN("z.a.example"):canonCompare(newDN("a.b.example")))', 'true'],
    [';local n = newDN("a.b") n:chopOff() return n:toString()', 'b.'],
    ['newCA("[2001:db8::1]:53"):toStringWithPort()', '[2001:db8::1]:53'],
    ['newCA("::ffff:192.0.2.1"):mapToIPv4():toString()', '192.0.2.1'],
    ['newCAFromRaw("ABCD"):toString() .. newCA("1.2.3.4"):getRaw():byte(4)', '65.66.67.684'],
    [';local a = newCA("192.0.2.129") a:truncate(25) return a:toString()', '192.0.2.128'],
    [';local s = newCAS() s:add({"192.0.2.1"}) return tostring(s:check(newCA("192.0.2.1")))', 'true'],
    [
      ';local g = newNMG() g:addMask("192.0.2.0/24") g:addMasks{"!192.0.2.9"} return tostring(g:match(newCA("192.0.2.9")))',
      'false',
    ],
    ['newQType("AAAA"):getCode() .. newQType("A"):getName() .. pdns.AAAA', '28A28'],
    [';pdnslog("hello", pdns.loglevels.Info) return tostring(pdnsrandom(1))', '0'],
    ["string.format('%d %d', GeoIPQueryAttribute.ASn, GeoIPQueryAttribute.Location)", '0 7'],
    ['bestwho:nothing()', 'failure: line 1: a ComboAddress has no method "nothing"'],
    ['bestwho.isIPv4(qname)', 'failure: line 1: isIPv4 is a method of a ComboAddress: expected object:isIPv4()'],
    ['newDN("a..b"):toString()', 'failure: line 1: "a..b" is not a name: a label must not be empty'],
    ['newCA("x")', 'failure: line 1: "x" is not an IP address'],
  ];
  for (const [code, expected] of rows) {
    const answer = answerOf(recordOf(code, { type: 'TXT' }), client);
    assert.equal(answer.startsWith('failure') ? answer : answer.slice(1, -1), expected, code);
  }
});

test('results of any type become data, and what is none fails', () => {
  const rows: [type: string, code: string, expected: string | RegExp][] = [
    ['TXT', "{'one', 'two'}", '"one" "two"'],
    ['TXT', "'a b'", '"a b"'],
    ['TXT', `'a" "b'`, '"a" "b"'],
    ['TXT', '1.5', '"1.5"'],
    ['TXT', "string.rep('x', 300)", `"${'x'.repeat(255)}" "${'x'.repeat(45)}"`],
    ['TXT', String.raw`'\200'`, String.raw`"\200"`],
    ['CNAME', "'target.example.com'", 'target.example.com.'],
    ['MX', "'10 mail.example.com.'", '10 mail.example.com.'],
    ['SRV', "'1 2 443 ' .. qname:toString()", '1 2 443 www.example.org.'],
    ['HTTPS', "'1 . alpn=h2'", '1 . alpn="h2"'],
    [
      'LOC',
      "'51 30 51.12 N 0 5 35.16 W 0.00m 1.00m 10000.00m 10.00m'",
      '51 30 51.120 N 0 5 35.160 W 0.00m 1m 10000m 10m',
    ],
    ['A', ';return {}', ''],
    ['A', ';local t = {} t.y = 1 return t.x', /the code gave nil: expected a string or a table of strings/],
    ['A', ';return not tcp', /the code gave a boolean/],
    ['A', ';return {{tcp}}', /a table with a table in it/],
    ['A', ";local x = 'x' return x .. '1'", /"x1" cannot be the data of A/],
    ['A', ';local x = 1', /the code gave nil/],
  ];
  for (const [type, code, expected] of rows) {
    const answer = answerOf(recordOf(code, { type }));
    if (typeof expected === 'string') assert.equal(answer, expected, code);
    else assert.match(answer, expected, code);
  }
});

test('steer answers by itself and out of a script, with its own scope and failures', () => {
  const steer: SteerSource = {
    use: (service, type) => {
      if (service === 'none') return undefined;
      const rdata = [Uint8Array.of(192, 0, 2, service.length)];
      const decide = (): DynamicAnswer =>
        service === 'failing'
          ? { kind: 'failure', reason: 'no member is left' }
          : { kind: 'records', rdata: type === 1 ? rdata : [], changePending: true, scopeBits: 20, note: 'frozen' };
      return steeringOf(decide, 20);
    },
  };
  const from = asking('www.example.org', '1.2.3.4');
  assert.equal(answerOf(recordOf("steer('www')", { steer }), from), '192.0.2.3');
  assert.equal(answerOf(recordOf("steer('www')", { steer, type: 'AAAA' }), from), '');
  const script = recordOf(";if tcp then return steer('www') else return '192.0.2.9' end", { steer });
  assert.equal(answerOf(script, from), '192.0.2.9');
  assert.equal(scopeOf(script, from), 20);
  const overTcp = script.evaluate({ ...from, isTcp: true });
  assert.ok(
    overTcp.kind === 'records' && overTcp.changePending && overTcp.note === 'frozen' && overTcp.scopeBits === 20,
  );
  assert.match(answerOf(recordOf(";return steer('failing')", { steer }), from), /no member is left/);
  assert.match(answerOf(recordOf(";return {steer('www')}", { steer }), from), /a table with a userdata/);
});

test('code that ends in steer asks the policy once, and is scoped by a policy that it did not ask', () => {
  const asked: string[] = [];
  const steer: SteerSource = {
    use: (service) => {
      const decide = (): DynamicAnswer => {
        asked.push(service);
        return { kind: 'records', rdata: [Uint8Array.of(192, 0, 2, 1)], changePending: false, scopeBits: 16 };
      };
      return steeringOf(decide, service === 'eu' ? 16 : 24);
    },
  };
  const record = recordOf(";if tcp then return steer('us') end return steer('eu')", { steer });
  assert.equal(scopeOf(record, asking('www.example.org')), 24);
  assert.deepEqual(asked, ['eu']);
});

test('dh tells the header of the very query, each of its bits by itself', () => {
  const getters = 'getAA getTC getRD getRA getAD getCD'.split(' ');
  const flags = getters.map((name) => `(dh:${name}() and '${name} ' or '')`).join(' .. ');
  const record = recordOf(flags, { type: 'TXT' });
  const numbers = ['ID', 'OPCODE', 'RCODE', 'QDCOUNT', 'ANCOUNT', 'NSCOUNT', 'ARCOUNT'];
  const counts = recordOf(numbers.map((name) => `dh:get${name}()`).join(" .. ' ' .. "), { type: 'TXT' });
  // ID 0x1234; QR 0, Opcode 2; one question, two answers, three authorities, 258 additional records.
  const rows: [flags: readonly [number, number], expected: string][] = [
    [[0x00, 0x00], '""'],
    [[0x04, 0x00], '"getAA "'],
    [[0x02, 0x00], '"getTC "'],
    [[0x01, 0x00], '"getRD "'],
    [[0x00, 0x80], '"getRA "'],
    [[0x00, 0x20], '"getAD "'],
    [[0x00, 0x10], '"getCD "'],
    [[0x07, 0xb0], '"getAA getTC getRD getRA getAD getCD "'],
  ];
  for (const [[high, low], expected] of rows) {
    const query = Uint8Array.of(0x12, 0x34, 0x10 | high, low | 3, 0, 1, 0, 2, 0, 3, 1, 2);
    const from = asking('www.example.org', '198.51.100.7', { query });
    assert.equal(answerOf(record, from), expected);
    assert.equal(answerOf(counts, from), '"4660 2 3 1 2 3 258"');
  }
});

test('report raises what stops code that takes too long, as any error of the code', () => {
  assert.equal(answerOf(recordOf("report('count', 1)")), 'failure: line 1: Script took too long');
  const caught = recordOf(";local ok, why = pcall(report, 'count', 1) return tostring(ok) .. ' ' .. why", {
    type: 'TXT',
  });
  assert.equal(answerOf(caught), '"false Script took too long"');
});

test('an explanation names the health that was read, the rule and what was answered', () => {
  const health = new FakeHealth();
  health.states.set('192.0.2.1', 'down');
  for (const code of [
    "ifportup(80, {{'192.0.2.1'}, {'192.0.2.2'}})",
    ";return ifportup(80, {{'192.0.2.1'}, {'192.0.2.2'}})",
  ]) {
    const explained = recordOf(code, { health }).explain?.(asking('www.example.org'));
    assert.deepEqual(explained?.steps, [
      { step: 'health', text: '192.0.2.1 is down' },
      { step: 'health', text: '192.0.2.2 is up' },
      { step: 'rule', text: 'the first set with an address that is up: set 2 of 2, selector random' },
      { step: 'answer', text: '192.0.2.2' },
    ]);
  }
  const failed = recordOf(";error('broken')").explain?.(asking('www.example.org'));
  assert.deepEqual(failed?.steps, [{ step: 'failure', text: 'line 1: broken' }]);
});

test('records of one call allocate nothing for an evaluation', () => {
  const fixture = fileURLToPath(new URL('allocation.fixture.ts', import.meta.url));
  // Room for everything that a round could allocate, so that the collector does not hide it.
  const flags = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
  const lines = execFileSync(process.execPath, [...flags, fixture], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.equal(lines.length, 16);
  // A number that V8 must put on the heap takes 16 octets, an object more.
  assert.deepEqual(
    lines.filter((line) => !(Number.parseFloat(line) < 4)),
    [],
  );
});
