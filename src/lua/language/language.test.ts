import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { answerOf, asking, compileCode, recordOf } from '../lua.fixture.ts';
import { languageCases } from './language-cases.fixture.ts';

/** What an expression or script gives as the text of a TXT record: its single string's octets. */
function textOf(code: string): string {
  const answer = recordOf(code, { type: 'TXT' }).evaluate(asking('www.example.org'));
  if (answer.kind === 'failure') return `failure: ${answer.reason}`;
  return Buffer.from(answer.rdata[0] ?? []).toString('latin1', 1);
}

/** Each row is code and what Lua 5.1 gives for it, after `tostring`. */
function check(rows: readonly (readonly [code: string, expected: string])[]): void {
  for (const [code, expected] of rows) {
    const script = code.startsWith(';')
      ? `;return (tostring((function(...) ${code.slice(1)} end)()):gsub('["\\\\]', '\\\\%0'))`
      : `;return (tostring(${code}):gsub('["\\\\]', '\\\\%0'))`;
    assert.equal(textOf(script), expected, code);
  }
}

for (const { about, rows } of languageCases) {
  test(`as in LuaJIT: ${about}`, () => check(rows));
}

test('random numbers are within their bounds', () => {
  const record = recordOf("math.floor(math.random()) .. ' ' .. math.random(3) .. ' ' .. math.random(5, 6)", {
    type: 'TXT',
  });
  for (let draw = 0; draw < 50; draw++) assert.match(answerOf(record), /^"0 [123] [56]"$/);
});

test('what is wrong in the use of a value or function ends the code', () => {
  check([
    [';local function f() end return tostring(f())', "failure: line 1: bad argument #1 to 'tostring' (value expected)"],
    [';for i = 1, 5, 0 do end return 1', "failure: line 1: 'for' step is zero"],
    [';local t = {} t[nil] = 1', 'failure: line 1: table index is nil'],
    [';local t = {} t[0/0] = 1', 'failure: line 1: table index is NaN'],
    [';string.upper = nil', 'failure: line 1: attempt to change a standard library'],
    ["('x'):match('[')", "failure: line 1: malformed pattern (missing ']')"],
    ["('x'):match('%')", "failure: line 1: malformed pattern (ends with '%')"],
    ["('x'):match('(')", 'failure: line 1: unfinished capture'],
    ["('x'):nothing()", 'failure: line 1: attempt to call method "nothing" (a nil value)'],
    ["('%d'):format('x')", "failure: line 1: bad argument #2 to 'format' (number expected, got string)"],
    ["('%y'):format(1)", "failure: line 1: invalid option '%y' to 'format'"],
  ]);
});

test('errors have their line, and pcall catches them', () => {
  check([
    [";local ok, e = pcall(error, 'x') return tostring(ok) .. e", 'falseline 1: x'],
    [';local ok, e = pcall(error, {code = 5}) return e.code', '5'],
    [';local ok, a, b = pcall(function() return 1, 2 end) return tostring(ok) .. a .. b', 'true12'],
    [';local ok, e = pcall(function() local x = nil return x.y end) return e', 'attempt to index a nil value with "y"'],
    [";return select(2, xpcall(function() error('deep', 0) end, function(e) return e .. '!' end))", 'deep!'],
    [";assert(false, 'told')", 'failure: line 1: told'],
    [';assert(nil)', 'failure: line 1: assertion failed!'],
    [";\n\nerror('here')", 'failure: line 3: here'],
    [';local x = 1\nlocal y = x .. nil\nreturn y', 'failure: line 2: attempt to concatenate a nil value'],
    [';return 1 + {}', 'failure: line 1: attempt to perform arithmetic on a table value'],
    [";return 1 < 'x'", 'failure: line 1: attempt to compare number with string'],
    [';local f\nf()', 'failure: line 2: attempt to call "f" (a nil value)'],
    [';error({})', 'failure: line 1: an error object without a text'],
  ]);
});

test('what code assigns is gone at the next query', () => {
  const record = recordOf(';counter = counter or 0 counter = counter + 1 return tostring(counter)', { type: 'TXT' });
  for (let query = 0; query < 3; query++) assert.equal(answerOf(record), '"1"');
});

test('code that runs on, nests too deeply or makes too much fails and is not caught by pcall', () => {
  const rows: [code: string, reason: RegExp][] = [
    ['; while true do end', /more than 10000 steps/],
    ['; for i = 1, 1e9 do end', /more than 10000 steps/],
    ['; repeat until false', /more than 10000 steps/],
    ['; ::top:: goto top', /more than 10000 steps/],
    ['; local function f() return f() end return f()', /stack overflow/],
    ['; pcall(function() while true do end end) return "caught"', /more than 10000 steps/],
    ["; local s = 'x' while true do s = s .. s end", /at most 65535 octets/],
    ["; return ('x'):rep(1e9)", /at most 65535 octets/],
    ["; return ('x'):rep(60000):match('(.-)(.-)(.-)(.-)y')", /more than 10000 steps|too complex/],
    ["; return ('a'):rep(5000):gsub('a*a*a*a*b', '')", /more than 10000 steps/],
    ['; local t = {} for i = 1, 1e6 do t[i] = i end', /more than 10000 steps/],
    ['; local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x', /chain too long/],
    ['; return unpack({}, 1, 1e9)', /more than 10000 steps/],
    ["; return table.concat({}, 'x', 1, 1e9)", /invalid value/],
    ['; local t = {} t[1] = t return ifportup(80, t)', /nested too deeply/],
  ];
  for (const [code, reason] of rows) assert.match(answerOf(recordOf(code)), reason, code);
  const nested = `;local t = ${'{'.repeat(150)}${'}'.repeat(150)} return 'deep'`;
  assert.equal(answerOf(recordOf(nested, { type: 'TXT' })), '"deep"');
});

test('any program of these words ends, with an answer or a reason', () => {
  const word = fc.constantFrom(
    ...[
      'local',
      'x',
      'y',
      '=',
      '1',
      '2',
      '"s"',
      '{',
      '}',
      '(',
      ')',
      ',',
      'if',
      'then',
      'else',
      'end',
      'while',
      'do',
      'for',
    ],
    ...[
      'in',
      'pairs',
      'function',
      'return',
      '..',
      '+',
      '<',
      '==',
      '#',
      'not',
      'and',
      'or',
      '.',
      ':',
      '[',
      ']',
      'nil',
      'true',
    ],
    ...[
      'pcall',
      'error',
      'repeat',
      'until',
      'break',
      'goto',
      '::',
      'string',
      'gsub',
      'table',
      'insert',
      'setmetatable',
    ],
    ...['pickrandom', 'ifportup', 'country', 'bestwho', 'qname', 'toString', "'192.0.2.1'", ';', '...', '%', 'netmask'],
  );
  const code = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
    fc.array(word, { maxLength: 25 }).map((words) => `;${words.join(' ')}`),
  );
  fc.assert(
    fc.property(code, (text) => {
      const compiled = compileCode(text);
      if (!compiled.ok) {
        assert.ok(compiled.fault.message !== '' && compiled.fault.offset >= 0 && compiled.fault.offset <= text.length);
        return;
      }
      const answer = answerOf(compiled.value);
      assert.ok(!answer.includes('bug'), `${text}: ${answer}`);
    }),
    { numRuns: 3000 },
  );
});

test('what reads a long string or pattern costs steps by its length', () => {
  const costly = [
    "tonumber(string.rep('1', 60000), 16)",
    "string.find(string.rep('b', 100), '[' .. string.rep('a', 60000) .. ']')",
    "string.find(string.rep('a', 50000), '(a+)%1%1')",
    "string.gsub(string.rep('a', 200), 'a', string.rep('%', 20000))",
  ];
  for (const code of costly) {
    const record = recordOf(`;local x = ${code} return '192.0.2.1'`, { stepLimit: 4000 });
    assert.match(answerOf(record), /took more than 4000 steps/, code);
  }
});

test('a table that is its own handler of calls goes down no deeper than any call', () => {
  const code = ";local t = {} setmetatable(t, {__call = t}) local ok, why = pcall(t) return tostring(ok) .. ' ' .. why";
  assert.equal(answerOf(recordOf(code, { type: 'TXT' })), '"false stack overflow"');
});

test('blanks inside of a text are no number, however many', () => {
  const code =
    ";local x = tonumber('1' .. string.rep(' ', 30000) .. '1') return tostring(x) .. tostring(tonumber(' 12\\t'))";
  assert.equal(answerOf(recordOf(code, { type: 'TXT' })), '"nil12"');
});
