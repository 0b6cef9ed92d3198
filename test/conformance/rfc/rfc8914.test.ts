/** RFC 8914: why a reply is as it is. What health adds is tested beside answer/evaluate.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, optionsOf, serve } from './serving.ts';

const server = serve('example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n');

/** The code of the extended error, and its text. */
function errorOf(question: string, queryClass = 1): readonly [number, string] {
  const message = ask(server, question, { class: queryClass, edns: {} });
  const options = Buffer.from(optionsOf(message), 'hex');
  assert.equal(options.readUInt16BE(0), 15);
  assert.equal(options.readUInt16BE(2), options.length - 4);
  return [options.readUInt16BE(4), options.subarray(6).toString()];
}

test('RFC 8914 §4.21: a zone that is not here is Not Authoritative (20)', () => {
  assert.deepEqual(errorOf('other. A'), [20, 'no zone here holds this name']);
});

test('RFC 8914 §4.19: a transfer that is not allowed is Prohibited (18)', () => {
  assert.deepEqual(errorOf('example. AXFR'), [18, 'zone transfer is not allowed']);
});

test('RFC 8914 §4.22: another class is Not Supported (21)', () => {
  assert.deepEqual(errorOf('example. A', 4), [21, 'only class IN is served']);
});

test('RFC 8914 §2: nothing is explained to those without EDNS, and where nothing is wrong', () => {
  assert.equal(optionsOf(ask(server, 'other. A')), 'none');
  for (const question of ['example. SOA', 'example. A', 'no.example. A']) {
    assert.equal(optionsOf(ask(server, question, { edns: {} })), '', question);
  }
});
