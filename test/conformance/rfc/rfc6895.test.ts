/** RFC 6895 §3: types and classes that exist in queries only. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, problemsOf, serve } from './serving.ts';

const text = 'example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n';
const server = serve(text);

test('RFC 6895 §3.1: types that carry something about a message are no question, FORMERR', () => {
  for (const type of ['OPT', 'TSIG', 'TKEY']) assert.equal(ask(server, `example. ${type}`).rcode, 1, type);
});

test('RFC 6895 §3.1: types of data cannot be those of queries: the zone is refused', () => {
  for (const type of ['TYPE41', 'TYPE128', 'TYPE249', 'TYPE250', 'TYPE251', 'TYPE252', 'TYPE255', 'TYPE0']) {
    assert.match(problemsOf(`${text}x.example. 300 ${type} \\# 0\n`).join('\n'), /error/, type);
  }
});

test('RFC 6895 §3.1: a query type that is not used any more finds nothing', () => {
  for (const type of ['MAILA', 'MAILB', 'TYPE0', 'TYPE129', 'TYPE65535']) {
    const message = ask(server, `example. ${type}`);
    assert.deepEqual([message.rcode, message.answers.length, message.authorities[0]?.type], [0, 0, 6], type);
  }
});

test('RFC 6895 §3.2: only class IN has zones here; any other class, ANY and NONE too, is refused', () => {
  for (const queryClass of [0, 2, 3, 4, 254, 255, 65_535]) {
    assert.equal(ask(server, 'example. SOA', { class: queryClass }).rcode, 5, `class ${queryClass}`);
  }
});
