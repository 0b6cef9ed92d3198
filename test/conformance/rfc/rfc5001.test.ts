/** RFC 5001: the identifier of the server, for those who ask. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, octets, optionsOf, serve, tcp } from './serving.ts';

const text = 'example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n';
const server = serve(text, { nsid: octets('66 72 61 31') });

test('RFC 5001 §2.1, §2.2: who asks with an empty NSID is told the identifier', () => {
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: { options: '00030000' } })), '0003000466726131');
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: { options: '00030000' } }, tcp)), '0003000466726131');
});

test('RFC 5001 §2.2: data in the question is ignored', () => {
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: { options: '00030002ffff' } })), '0003000466726131');
});

test('RFC 5001 §2.2: who does not ask is not told', () => {
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: {} })), '');
  assert.equal(optionsOf(ask(server, 'example. SOA')), 'none');
});

test('RFC 5001 §2.2: errors are identified, too', () => {
  for (const question of ['no.example. A', 'other. A', 'example. OPT']) {
    assert.ok(optionsOf(ask(server, question, { edns: { options: '00030000' } })).startsWith('0003000466726131'));
  }
});

test('RFC 5001 §2.2: a server without an identifier does not answer the option', () => {
  assert.equal(optionsOf(ask(serve(text), 'example. SOA', { edns: { options: '00030000' } })), '');
});

test('RFC 5001 §2.2: an identifier that does not fit beside a long question is left out', () => {
  const label = 'l'.repeat(63);
  const longest = `${label}.${label}.${label}.${'l'.repeat(53)}.example.`;
  const from = serve(text, { nsid: new Uint8Array(255) });
  const message = ask(from, `${longest} A`, { edns: { udpBytes: 512, options: '00030000' } });
  assert.deepEqual([message.flags, message.questions.length, optionsOf(message)], [0x8603, 1, '']);
  assert.equal(optionsOf(ask(from, 'example. SOA', { edns: { options: '00030000' } })).length, 2 * 259);
});
