import assert from 'node:assert/strict';
import test from 'node:test';
import { refuse, succeed } from '#base/result.ts';
import type { DynamicCompiler } from './dynamic.ts';
import { formatZoneProblem } from './problem.ts';
import { head, lines, problemsOf, read } from './read-zone.fixture.ts';

test('an included file has its own origin and leaves ours, our owner and our place as they were', () => {
  const asked: [string, string][] = [];
  const files = new Map([
    [
      'sub.inc',
      ' 300 A 192.0.2.8\nb 300 A 192.0.2.1\n$ORIGIN deep\nc 300 A 192.0.2.2\n$TTL 7\n$INCLUDE "last.inc" last.test.\n',
    ],
    ['last.inc', '@ A 192.0.2.3\n'],
  ]);
  const include = (
    file: string,
    from: string,
  ): ReturnType<typeof refuse<string>> | ReturnType<typeof succeed<{ file: string; text: string }>> => {
    asked.push([file, from]);
    const text = files.get(file);
    return text === undefined ? refuse('it is not there') : succeed({ file: `dir/${file}`, text });
  };
  const { zone, problems } = read(`${head}a 300 A 192.0.2.9\n$INCLUDE sub.inc sub\n 300 A 192.0.2.4\nd A 192.0.2.5\n`, {
    include,
  });
  assert.deepEqual(problems.map(formatZoneProblem), [
    'dir/last.inc:1:3: warning: "last.test." is outside the zone and left out: expected a name at or below example.com.',
  ]);
  assert.deepEqual(lines(zone).slice(2), [
    'a.example.com. 300 A 192.0.2.9',
    'a.example.com. 300 A 192.0.2.8',
    'b.sub.example.com. 300 A 192.0.2.1',
    'c.deep.sub.example.com. 300 A 192.0.2.2',
    'a.example.com. 300 A 192.0.2.4',
    'd.example.com. 7 A 192.0.2.5',
  ]);
  assert.deepEqual(asked, [
    ['sub.inc', 'example.com.zone'],
    ['last.inc', 'dir/sub.inc'],
  ]);
  assert.deepEqual(zone?.positionOf(4), { file: 'dir/sub.inc', line: 2, column: 7 });
});

test('includes that are missing, in a circle, too deep or too many are refused where they stand', () => {
  const problems = (text: string, next: (file: string) => string | undefined): string[] =>
    read(`${head}${text}`, {
      include: (file) => {
        const content = next(file);
        return content === undefined ? refuse('it is not there') : succeed({ file, text: content });
      },
    }).problems.map(formatZoneProblem);
  assert.deepEqual(
    problems('$INCLUDE x\n$INCLUDE\n$INCLUDE x a..b\n$INCLUDE x a b', () => undefined),
    [
      'example.com.zone:3:10: error: "x" cannot be included: it is not there',
      'example.com.zone:4:1: error: $INCLUDE has no value: expected a file',
      'example.com.zone:5:12: error: "a..b" is not a name: a label must not be empty',
      'example.com.zone:6:10: error: "x" cannot be included: it is not there',
      'example.com.zone:6:14: error: "b" is more than $INCLUDE takes',
    ],
  );
  assert.deepEqual(
    problems('$INCLUDE x', (file) => (file === 'x' ? '$INCLUDE y' : '$INCLUDE x')),
    ['y:1:10: error: "x" includes itself: expected a file that is not being read'],
  );
  assert.deepEqual(
    problems('$INCLUDE f', (file) => `$INCLUDE ${file}f`),
    ['fffffffffffffff:1:10: error: "ffffffffffffffff" is included at depth 16: expected at most 15'],
  );
  const wide = problems('$INCLUDE f', (file) => (file.length > 13 ? '' : `$INCLUDE ${file}a\n$INCLUDE ${file}b\n`));
  assert.match(wide[0] ?? '', /is one file too many: expected at most 4096 for a zone$/);
  assert.deepEqual(problemsOf(`${head}$INCLUDE x`), [
    'example.com.zone:3:10: error: $INCLUDE has no meaning here: expected a zone in one file',
  ]);
});

test('$GENERATE writes a record for each number, of any type', () => {
  const succeedAll: DynamicCompiler = (source) =>
    source.code === 'say("3 $")' || source.code === 'say("2 $")'
      ? succeed({ type: 1, evaluate: () => ({ kind: 'failure', reason: '' }) })
      : refuse({ message: source.code, offset: 0 });
  const { zone, problems } = read(
    [
      '$TTL 60',
      `${head}owner A 192.0.2.99`,
      '$GENERATE 1-2 h$ A 192.0.2.$',
      '$GENERATE 0-4/4 ${1,3}.x 5 IN MX "10 mail\\$$.test."',
      '$GENERATE 7-7 $ IN PTR \\$.$$.${0,2,x}.test. ; comment',
      '$GENERATE 1-1 t TXT "a b"',
      '$GENERATE 2-3 l$ LUA A "say(\\"$ $$\\")"',
      ' TXT after',
    ].join('\n'),
    { compile: succeedAll },
  );
  assert.deepEqual(problems.map(formatZoneProblem), []);
  assert.deepEqual(
    lines(zone)
      .slice(3)
      .filter((line) => !line.startsWith('l')),
    [
      'h1.example.com. 60 A 192.0.2.1',
      'h2.example.com. 60 A 192.0.2.2',
      '001.x.example.com. 5 MX 10 mail\\$0.test.',
      '005.x.example.com. 5 MX 10 mail\\$4.test.',
      '7.example.com. 60 PTR \\$.\\$.07.test.',
      't.example.com. 60 TXT "a" "b"',
      'owner.example.com. 60 TXT "after"',
    ],
  );
  assert.equal(zone?.records.codes.size, 2);
});

test('a wrong $GENERATE is one error at the token that is wrong', () => {
  const rows: [text: string, problem: string][] = [
    ['$GENERATE 1-2', '3:11: error: $GENERATE has no value: expected a range, an owner, a type and data'],
    [
      '$GENERATE 2-1 h$ A 192.0.2.$',
      '3:11: error: "2-1" ends before it begins: expected a range such as 1-254 or 0-100/2',
    ],
    ['$GENERATE 1-9/0 h$ A 192.0.2.$', '3:11: error: "1-9/0" never ends: expected a step of at least 1'],
    ['$GENERATE 1-x h$ A 192.0.2.$', '3:11: error: "1-x" is not a range: expected a range such as 1-254 or 0-100/2'],
    ['$GENERATE 0-65536 h$ A 192.0.2.1', '3:11: error: "0-65536" makes 65537 records: expected at most 65536 a line'],
    [
      '$GENERATE 1-2 h${1 300 A 192.0.2.1',
      '3:15: error: "${1" is not a field: expected one such as $, ${-1}, ${0,3} or ${0,2,x}',
    ],
    [
      '$GENERATE 1-2 h${-2,0,x} 300 A 192.0.2.1',
      '3:15: error: a field becomes negative or too large: expected 0 to 2147483647',
    ],
    ['$GENERATE 254-999 h$ 300 A 192.0.2.$', '3:28: error: A: "192.0.2.256" is not an IPv4 address'],
    [
      '$GENERATE 1-2 h$. 300 TXT a b',
      '3:29: error: "b" is more than $GENERATE takes: expected data of several words in one quoted string',
    ],
    ['$GENERATE 1-2 h$ 300 IN TXT', '3:25: error: $GENERATE has no data: expected it after the type'],
    ['$GENERATE 1-2 h$ 300 TXT "("', '3:26: error: "(" is never closed: expected ")"'],
    ['$GENERATE 1-2 $..a 300 TXT a', '3:15: error: "1..a" is not a name: a label must not be empty'],
  ];
  for (const [text, problem] of rows) {
    const first = problemsOf(`${head}${text}`)[0];
    assert.equal(first, `example.com.zone:${problem}`);
  }
});

test('$GENERATE with much data stops before it fills the memory', () => {
  const text = `${head}$GENERATE 0-65535 h$ 300 TXT "${`${'a'.repeat(250)} `.repeat(200)}"`;
  assert.deepEqual(problemsOf(text), [
    'example.com.zone:3:1: error: $GENERATE makes more than 268435456 characters in this zone: expected fewer',
  ]);
});
