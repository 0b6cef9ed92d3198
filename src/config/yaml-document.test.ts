import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { checkSchema } from '#health/check-schema.ts';
import { prefixSchema } from '#steering/model.ts';
import { formatProblem, formatProblems } from './problem.ts';
import { loadYaml } from './yaml-document.ts';

const schema = z.strictObject({
  site: z.string(),
  services: z.record(z.string().regex(/^[a-z]+$/, 'lower-case letters'), z.strictObject({ check: checkSchema })),
  prefixes: z.array(prefixSchema).default([]),
});

function problemsOf(text: string): readonly string[] {
  const loaded = loadYaml('a.yaml', text, schema);
  assert.equal(loaded.ok, false, 'the text must be refused');
  return loaded.fault.map(formatProblem);
}

const head = 'site: fra\nservices: {}\n';

const refusals: readonly { readonly name: string; readonly text: string; readonly problems: readonly string[] }[] = [
  {
    name: 'an unknown key is named at the key itself, with the nearest known one, and the missing key it meant is not said twice',
    text: 'sit: fra\nservices: {}\n',
    problems: ["a.yaml:1:1: unknown key 'sit', did you mean 'site'?"],
  },
  {
    name: 'an unknown key that resembles none lists the known ones',
    text: `${head}zzz: 1\n`,
    problems: ["a.yaml:3:1: unknown key 'zzz', known here: prefixes, services, site"],
  },
  {
    name: 'a missing key points at the map that lacks it and says what belongs there',
    text: `${head}prefixes:\n  - { prefix: x, sites: [a] }\n`,
    problems: [
      "a.yaml:4:5: prefixes[0]: missing key 'gatedBy', expected 'always', 'nameserver' or 'covered', a map with any, a map with all or a map with atLeast and of",
    ],
  },
  {
    name: 'an unknown tag of a union lists the known ones and the nearest',
    text: 'site: fra\nservices:\n  w: { check: { type: htp } }\n',
    problems: [
      "a.yaml:3:23: services.w.check.type: got 'htp', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant', did you mean 'http'?",
    ],
  },
  {
    name: 'a missing tag of a union lists the known ones',
    text: 'site: fra\nservices:\n  w: { check: { path: / } }\n',
    problems: [
      "a.yaml:3:15: services.w.check: missing key 'type', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant'",
    ],
  },
  {
    name: 'a known key of another alternative is unknown in the one that the tag chose',
    text: 'site: fra\nservices:\n  w: { check: { type: tcp, path: / } }\n',
    problems: ["a.yaml:3:28: services.w.check: unknown key 'path', known here: fall, interval, rise, timeout, type"],
  },
  {
    name: 'a value in the alternative of a plain union that was meant is refused inside it',
    text: `${head}prefixes:\n  - { prefix: x, sites: [a], gatedBy: { any: www } }\n`,
    problems: ["a.yaml:4:46: prefixes[0].gatedBy.any: got 'www', expected a list"],
  },
  {
    name: 'a key that no alternative of a plain union knows is named with the nearest of all of them',
    text: `${head}prefixes:\n  - { prefix: x, sites: [a], gatedBy: { an: [w] } }\n`,
    problems: ["a.yaml:4:41: prefixes[0].gatedBy: unknown key 'an', did you mean 'any'?"],
  },
  {
    name: 'all faults of a map come at once, each at its value',
    text: 'site: fra\nservices:\n  w:\n    check: { type: http, path: x, rise: 0, fall: 1.5, timeout: 5x, method: get, expectStatus: [] }\n',
    problems: [
      "a.yaml:4:32: services.w.check.path: got 'x', expected text that starts with '/'",
      "a.yaml:4:41: services.w.check.rise: got '0', expected at least 1",
      "a.yaml:4:50: services.w.check.fall: got '1.5', expected a whole number",
      "a.yaml:4:64: services.w.check.timeout: got '5x', expected a duration such as 500ms, 30s or 5m",
      "a.yaml:4:76: services.w.check.method: got 'get', expected 'GET', 'HEAD', 'POST' or 'OPTIONS', did you mean 'GET'?",
      'a.yaml:4:95: services.w.check.expectStatus: got an empty list, expected at least 1 entry',
    ],
  },
  {
    name: 'a key of a free map that breaks its rule is refused at the key',
    text: 'site: fra\nservices:\n  W3: { check: { type: tcp } }\n',
    problems: ["a.yaml:3:3: services: got the key 'W3', expected lower-case letters"],
  },
  {
    name: 'a key with nothing after it points at the key',
    text: 'site: fra\nservices:\n',
    problems: ['a.yaml:2:1: services: got nothing, expected a map'],
  },
  {
    name: 'a key given twice names both lines, beside the other faults',
    text: 'site: fra\nsite: iad\nservices: 5\n',
    problems: [
      "a.yaml:2:1: the key 'site' is given twice, first on line 1",
      "a.yaml:3:11: services: got '5', expected a map",
    ],
  },
  { name: 'an empty file', text: '', problems: ['a.yaml:1:1: got nothing, expected a map with site and services'] },
  {
    name: 'an alias without an anchor points at the alias',
    text: 'site: *nowhere\n',
    problems: ["a.yaml:1:7: the alias '*nowhere' names no anchor above it"],
  },
  {
    name: 'a second document',
    text: `${head}---\nsite: iad\n`,
    problems: ['a.yaml:3:1: got a second document, expected one in a file'],
  },
];

for (const { name, text, problems } of refusals) {
  test(`refused: ${name}`, () => {
    const found = problemsOf(text);
    assert.deepEqual([...found].sort(), [...problems].sort());
  });
}

test('a syntax error is refused with its place', () => {
  const [problem] = problemsOf('site: [\n');
  assert.match(problem ?? '', /^a\.yaml:\d+:\d+: ./);
});

test('aliases are followed, and a problem inside one points at the text that the anchor marks', () => {
  const good = loadYaml('a.yaml', 'site: fra\nservices:\n  a: &one { check: { type: tcp } }\n  b: *one\n', schema);
  assert.ok(good.ok);
  assert.deepEqual(good.value.value.services['b'], good.value.value.services['a']);
  assert.deepEqual(problemsOf('site: fra\nservices:\n  a: &one { check: { type: tc } }\n  b: *one\n'), [
    "a.yaml:3:28: services.a.check.type: got 'tc', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant', did you mean 'tcp'?",
    "a.yaml:3:28: services.b.check.type: got 'tc', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant', did you mean 'tcp'?",
  ]);
});

test('aliases that would grow without bound are refused', () => {
  const levels = Array.from({ length: 12 }, (_, level) => `l${level}: &l${level} [${`*l${level - 1}, `.repeat(9)}]`);
  const text = ['l: &l-1 [x]', ...levels].join('\n');
  assert.equal(loadYaml('a.yaml', text, schema).ok, false);
});

test('problemAt points at a value, at its key, and at the nearest place above a path that is not there', () => {
  const loaded = loadYaml('a.yaml', 'site: fra\nservices:\n  w: { check: { type: tcp } }\n', schema);
  assert.ok(loaded.ok);
  const { problemAt } = loaded.value;
  const place = (problem: { line: number; column: number }): string => `${problem.line}:${problem.column}`;
  assert.equal(place(problemAt(['services', 'w', 'check', 'type'], 'x')), '3:23');
  assert.equal(place(problemAt(['services', 'w', 'check', 'type'], 'x', 'key')), '3:17');
  assert.equal(place(problemAt(['services', 'w', 'check', 'port'], 'x')), '3:15');
  assert.equal(problemAt(['prefixes', 0, 'prefix'], 'x').path, 'prefixes[0].prefix');
});

test('problems are written in order of place, with their source line and a caret', () => {
  const text = 'site: fra\nservices:\n  w: { check: { type: htp } }\nprefix: []\n';
  const loaded = loadYaml('zones/a.yaml', text, schema);
  assert.equal(loaded.ok, false);
  assert.equal(
    formatProblems(loaded.fault, new Map([['zones/a.yaml', text]])),
    `zones/a.yaml:3:23: services.w.check.type: got 'htp', expected 'tcp', 'http', 'https', 'tls', 'dns', 'icmp', 'exec', 'file', 'agentCheck', 'prometheus', 'service' or 'constant', did you mean 'http'?
      w: { check: { type: htp } }
                          ^
zones/a.yaml:4:1: unknown key 'prefix', did you mean 'prefixes'?
    prefix: []
    ^
`,
  );
});

test('any text gives a value or problems that lie within it, and never throws', () => {
  const words = fc.constantFrom(
    'site',
    'services',
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    ',',
    '"',
    '? ',
    '!x ',
    'check',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const loaded = loadYaml('a.yaml', text, schema);
      const lineCount = text.split('\n').length;
      if (!loaded.ok) for (const { line } of loaded.fault) assert.ok(line >= 1 && line <= lineCount + 1);
    }),
    { numRuns: 500 },
  );
});
