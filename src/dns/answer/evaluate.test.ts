import assert from 'node:assert/strict';
import test from 'node:test';
import { formatMessage } from '../wire/message.ts';
import type { DynamicAnswer } from '../zone/dynamic.ts';
import { createAnswerer } from './answerer.ts';
import type { Answerer } from './answerer.ts';
import { compilerOf, exchange, generationOf, queryFor } from './serving.fixture.ts';

const head = '@ 300 SOA ns1 admin 7 3600 600 86400 60\n@ 300 NS ns1\nns1 300 A 192.0.2.53\n';
const address = (last: number): Uint8Array => Uint8Array.of(192, 0, 2, last);
const gives = (last: number, changePending = false): DynamicAnswer => ({
  kind: 'records',
  rdata: [address(last)],
  changePending,
  scopeBits: 0,
});

function lines(answerer: Answerer, question: string, options?: string): readonly string[] {
  const reply = exchange(answerer, queryFor(question, options));
  assert.ok(reply !== undefined);
  return formatMessage(reply).split('\n');
}

test('programs that met a change of what they read run again, all of them, until they met none', () => {
  // One publication comes during the first run.
  const sequences = [2, 4, 4, 4];
  let runs = 0;
  const read = (): DynamicAnswer => gives(++runs);
  const generation = generationOf(`${head}www 300 LUA A "read"\nwww 300 LUA A "also"\n`, {
    compile: compilerOf({ read, also: () => gives(100 + runs) }),
    sequence: () => sequences.shift() ?? 4,
  });
  assert.deepEqual(lines(createAnswerer(generation), 'www.example.com. A'), [
    'NOERROR aa',
    'answer: www.example.com. 300 IN A 192.0.2.2',
    'answer: www.example.com. 300 IN A 192.0.2.102',
  ]);
  assert.equal(runs, 2);
});

test('where nothing changes, programs run once', () => {
  let runs = 0;
  const compile = compilerOf({ read: () => gives(++runs) });
  lines(createAnswerer(generationOf(`${head}www 300 LUA A "read"`, { compile })), 'www.example.com. A');
  assert.equal(runs, 1);
});

test('a change that never ends is answered at last', () => {
  let sequence = 0;
  const compile = compilerOf({ read: () => gives(1) });
  const generation = generationOf(`${head}www 300 LUA A "read"`, { compile, sequence: () => sequence++ });
  assert.equal(lines(createAnswerer(generation), 'www.example.com. A').length, 2);
  assert.ok(sequence >= 10_000);
});

test('records of its own stand before those of the programs, with the lowest TTL of all', () => {
  const compile = compilerOf({ read: () => gives(1) });
  const generation = generationOf(`${head}www 300 LUA A "read"\nwww 60 A 192.0.2.9`, { compile });
  assert.deepEqual(lines(createAnswerer(generation), 'www.example.com. A'), [
    'NOERROR aa',
    'answer: www.example.com. 60 IN A 192.0.2.9',
    'answer: www.example.com. 60 IN A 192.0.2.1',
  ]);
});

test('a record that several give is answered once (RFC 2181 §5)', () => {
  const compile = compilerOf({ one: () => gives(1), both: () => ({ ...gives(1), rdata: [1, 9, 9].map(address) }) });
  const zone = `${head}www 300 LUA A "one"\nwww 300 LUA A "both"\nwww 300 A 192.0.2.1`;
  assert.deepEqual(lines(createAnswerer(generationOf(zone, { compile })), 'www.example.com. A'), [
    'NOERROR aa',
    'answer: www.example.com. 300 IN A 192.0.2.1',
    'answer: www.example.com. 300 IN A 192.0.2.9',
  ]);
});

test('a pending change shortens the TTL, and never lengthens it (R13)', () => {
  const compile = compilerOf({ change: () => gives(1, true) });
  const text = `${head}long 300 LUA A "change"\nshort 5 LUA A "change"`;
  const answerer = createAnswerer(generationOf(text, { compile, minimumTtlSeconds: 20 }));
  assert.equal(lines(answerer, 'long.example.com. A')[1], 'answer: long.example.com. 20 IN A 192.0.2.1');
  assert.equal(lines(answerer, 'short.example.com. A')[1], 'answer: short.example.com. 5 IN A 192.0.2.1');
});

test('one program that fails makes SERVFAIL of the whole set, with no records and with its reason', () => {
  const compile = compilerOf({ good: () => gives(1), bad: () => ({ kind: 'failure', reason: 'no data' }) });
  const text = `${head}www 300 LUA A "good"\nwww 300 LUA A "bad"\nwww 300 A 192.0.2.9\nalias 300 CNAME www`;
  const answerer = createAnswerer(generationOf(text, { compile }));
  for (const question of ['www.example.com. A', 'alias.example.com. A']) {
    assert.deepEqual(lines(answerer, question), ['SERVFAIL'], question);
    const reply = exchange(answerer, queryFor(question, ''));
    // RFC 8914: option 15, code 0 (other), text.
    assert.equal(Buffer.from(reply?.opt?.rdata ?? []).toString('latin1'), '\0\x0f\0\x09\0\0no data');
  }
});

test('a program that no longer compiles fails alone, and says why', () => {
  let isKnown = true;
  const generation = generationOf(`${head}www 300 LUA A "code"\nok 300 A 192.0.2.1`, {
    compile: (source) => {
      const compiled = compilerOf(isKnown ? { code: () => gives(1) } : {})(source);
      isKnown = false;
      return compiled;
    },
  });
  const answerer = createAnswerer(generation);
  assert.deepEqual(lines(answerer, 'ok.example.com. A'), ['NOERROR aa', 'answer: ok.example.com. 300 IN A 192.0.2.1']);
  const reply = exchange(answerer, queryFor('www.example.com. A', ''));
  assert.equal(reply?.rcode, 2);
  assert.match(Buffer.from(reply.opt?.rdata ?? []).toString(), /does not compile: unknown$/);
});

test('what is answered against health says so to those who have EDNS (RFC 8914, R5, R8)', () => {
  const compile = compilerOf({
    frozen: () => ({ ...gives(1), note: 'frozen' }),
    failOpen: () => ({ ...gives(2), note: 'failOpen' }),
    plain: () => gives(3),
  });
  const text = ['frozen', 'failOpen', 'plain'].map((code) => `${code} 300 LUA A "${code}"\n`).join('');
  const answerer = createAnswerer(generationOf(head + text, { compile }));
  const explained = (question: string): string => {
    const reply = exchange(answerer, queryFor(question, ''));
    assert.equal(reply?.rcode, 0);
    assert.equal(reply.answers.length, 1);
    return Buffer.from(reply.opt?.rdata ?? []).toString('latin1');
  };
  // 3: stale answer. 0: other.
  assert.match(explained('frozen.example.com. A'), /^\0\x0f\0.\0\x03health is frozen/);
  assert.match(explained('failopen.example.com. A'), /^\0\x0f\0.\0\0nothing is up/);
  assert.equal(explained('plain.example.com. A'), '');
});

test('no records at all are NODATA for as long as health may take (R14)', () => {
  const compile = compilerOf({ none: () => ({ kind: 'records', rdata: [], changePending: false, scopeBits: 0 }) });
  const answerer = createAnswerer(generationOf(`${head}www 300 LUA A "none"`, { compile, minimumTtlSeconds: 15 }));
  assert.deepEqual(lines(answerer, 'www.example.com. A'), [
    'NOERROR aa',
    'authority: example.com. 15 IN SOA ns1.example.com. admin.example.com. 7 3600 600 86400 60',
  ]);
});
