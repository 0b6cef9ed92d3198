import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { createPrng } from '#base/prng.ts';
import { parseType } from '#dns/wire/constants.ts';
import { rootName } from '#dns/wire/name.ts';
import { clientFrom } from '#dns/zone/dynamic.fixture.ts';
import type { DynamicCompiler } from '#dns/zone/dynamic.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { unknownGeo } from '#geo/unknown.ts';
import { createLuaCompiler } from './compiler.ts';
import type { HealthTarget } from './health.ts';
import { steeringOf } from './lua.fixture.ts';
import { noServices } from './steer.ts';
import type { SteerSource } from './steer.ts';

const targets: HealthTarget[] = [];
const health = {
  register: (target: HealthTarget) => {
    targets.push(target);
    return { read: () => ({ state: 'up', changePending: false }) as const, weight: () => 0 };
  },
};
const compiler = createLuaCompiler({ health, geo: unknownGeo, steer: noServices, prng: createPrng(1) });
const position = { file: 'zone', line: 1, column: 1 };

function compile(code: string, type = 'A'): ReturnType<typeof compiler> {
  return compiler({ code, type: parseType(type) ?? 0, zone: rootName, owner: rootName, position });
}

test('code that cannot be compiled is refused at its place, and registers nothing', () => {
  // The caret stands under the character that the fault is about.
  const rows: [code: string, caret: string, message: RegExp][] = [
    ["ifportup(80, {'192.0.2.1'", '                         ^', /'\}' expected near '<eof>'/],
    ["ifportup(80, {'192.0.2.1)", '                         ^', /unfinished string/],
    ["ifurldown('x')", '^', /function "ifurldown" is not known: expected one such as ifportup/],
    ["a.b('x')", '^', /variable "a" is not known/],
    ["; return ifportup('80')", '         ^', /an argument is missing/],
    [
      ";local a = 1 return ifportup(a, {'192.0.2.x'})",
      '                                 ^',
      /"192\.0\.2\.x" is not an IP/,
    ],
    ["ifportup(80, {'192.0.2.1'}), 1", '                             ^', /one value/],
    ["ifportup(0, {'192.0.2.1'})", '         ^', /port "0" is not a whole number from 1 to 65535/],
    ["ifportup(-1, {'192.0.2.1'})", '         ^', /port "-1"/],
    ["ifportup(80, '192.0.2.1')", '             ^', /the addresses are "192\.0\.2\.1"/],
    ['ifportup(80, {})', '             ^', /no address/],
    ['ifportup(80, {{}, {}})', '             ^', /no address/],
    ["ifportup(80, {'www.example.com'})", '              ^', /"www\.example\.com" is not an IP address/],
    ["ifportup(80, {'192.0.2.1', {'192.0.2.2'}})", '                           ^', /a table is not an IP address/],
    ["ifportup(80, {a='192.0.2.1'})", '              ^', /"a" is not an address/],
    ["ifportup(80, {'2001:db8::1'})", '              ^', /cannot be the data of A: expected an IPv4 address/],
    ["ifportup(80, {'192.0.2.1'}, 'all')", '                            ^', /options are "all"/],
    ["ifportup(80, {'192.0.2.1'}, {'all'})", '                             ^', /"all" has no name/],
    [
      "ifportup(80, {'192.0.2.1'}, {colour='red'})",
      '                             ^',
      /option "colour" is not known: expected selector, /,
    ],
    [
      "ifportup(80, {'192.0.2.1'}, {selector='best'})",
      '                                      ^',
      /selector "best" is not known: expected random, all, hashed, pickclosest, empty/,
    ],
    [
      "ifportup(80, {'192.0.2.1'}, {timeout=0})",
      '                                     ^',
      /timeout "0" is not a whole number from 1 to 3600/,
    ],
    ["ifportup(80, {'192.0.2.1'}, {timeout='2s'})", '                                     ^', /timeout "2s"/],
    [
      "ifportup(80, {'192.0.2.1'}, {source='here'})",
      '                                    ^',
      /source "here" is not an IP address/,
    ],
    [
      "ifportup(80, {'192.0.2.1'}, {verdict='mine'})",
      '                                     ^',
      /expected endpoint, probe/,
    ],
    [
      "ifportup(80, {'192.0.2.1'}, {timeout=1, timeout=2})",
      '                                        ^',
      /"timeout" is given twice/,
    ],
    ["ifportup(80, {'192.0.2.1'}, nil, 1)", '                                 ^', /at most three/],
    ['ifportup(80, addresses)', '             ^', /variable "addresses" is not known/],
    ["ifportup(80, {'192.0.2.' .. 'x'})", '              ^', /"192\.0\.2\.x" is not an IP address/],
    ['os.time()', '^', /"os" is not available: records have no access to the system/],
    [
      "resolve('www.example.org', pdns.A)[1]",
      '^',
      /"resolve" is not available: records ask no other server: .*use dblookup, ALIAS or CNAME$/,
    ],
    ["dblookup('www.example.org', {})[1]", '                            ^', /a table is not a record type/],
    [";if tcp then return 'a' else retrun 'b' end", '                             ^', /function "retrun" is not known/],
    [';goto nowhere', ' ^', /nowhere/],
    ['5LL', '^', /LuaJIT's C types/],
    ['1 // 2', '   ^', /expected|unexpected/],
  ];
  for (const [code, caret, message] of rows) {
    const compiled = compile(code);
    assert.ok(!compiled.ok, code);
    assert.match(compiled.fault.message, message);
    assert.equal(compiled.fault.offset, caret.length - 1, code);
  }
  assert.deepEqual(targets, []);
});

test('an MX or CNAME record cannot be made of addresses', () => {
  for (const type of ['MX', 'CNAME', 'PTR', 'NS']) {
    const compiled = compile("ifportup(80, {'192.0.2.1'})", type);
    assert.ok(!compiled.ok, type);
    assert.match(compiled.fault.message, /cannot be the data of [A-Z]+: expected LUA A, LUA AAAA or LUA TXT/);
  }
});

test('any code is compiled or refused, and never an error', () => {
  const word = fc.constantFrom(
    'ifportup',
    '(',
    ')',
    '{',
    '}',
    ',',
    "'192.0.2.1'",
    '80',
    'selector=',
    "'all'",
    ';',
    'return',
    '-',
    'nil',
  );
  const code = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 15 }).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(code, (text) => {
      const compiled = compile(text);
      assert.ok(compiled.ok || (compiled.fault.offset >= 0 && compiled.fault.offset <= text.length));
    }),
    { numRuns: 1000 },
  );
});

test('absurd nesting is refused', () => {
  const compiled = compile(`ifportup(80, ${'{'.repeat(200_000)}`);
  assert.ok(!compiled.ok);
  assert.match(compiled.fault.message, /nested too deeply/);
});

test('the zone in the reference is sound', () => {
  const text = readFileSync(new URL('../../docs/reference/lua-records.md', import.meta.url), 'utf8');
  const [, block] = /```\n([^]*?)```/.exec(text) ?? [];
  const head =
    '$ORIGIN example.com.\n@ 300 SOA ns1 admin 1 3600 600 86400 60\n@ 300 NS ns1\n@ 300 NS ns2\nns1 300 A 192.0.2.53\nns2 300 A 198.51.100.53\n$TTL 60\n';
  const steer: SteerSource = { use: () => steeringOf(() => ({ kind: 'failure', reason: 'no policy here' })) };
  const compile = createLuaCompiler({ health, geo: unknownGeo, steer, prng: createPrng(1) });
  const { zone, problems } = readZone({ file: 'reference', text: head + (block ?? ''), origin: rootName }, { compile });
  assert.deepEqual(
    problems.map(({ message }) => message),
    [],
  );
  assert.equal(zone?.records.codes.size, 7);
});

test('a service that code may name where it never runs need not exist, one that is written out must', () => {
  const used: string[] = [];
  const steer: SteerSource = {
    use: (service) => {
      used.push(service);
      return service === 'www' ? steeringOf(() => ({ kind: 'failure', reason: 'www decides' })) : undefined;
    },
  };
  const compileWith = (code: string): ReturnType<DynamicCompiler> =>
    createLuaCompiler({ health, geo: unknownGeo, steer, prng: createPrng(1) })({
      code,
      type: 1,
      zone: rootName,
      owner: rootName,
      position,
    });
  const computed = compileWith("steer(tcp and 'nope' or 'www')");
  assert.ok(computed.ok);
  assert.deepEqual(used, []);
  assert.deepEqual(computed.value.evaluate(clientFrom('192.0.2.1')), { kind: 'failure', reason: 'www decides' });
  const written = compileWith("steer('nope')");
  assert.ok(!written.ok);
  assert.equal(written.fault.message, 'there is no service "nope"');
});
