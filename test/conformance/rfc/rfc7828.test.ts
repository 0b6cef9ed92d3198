/** RFC 7828: how long an idle TCP connection is kept. What connections do is tested beside serve/. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, optionsOf, serve, tcp } from './serving.ts';

const server = serve('example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n');
const asks = { edns: { options: '000b0000' } };

test('RFC 7828 §3.1, §3.3.2: over TCP the reply says for how many times 100 ms', () => {
  const rows: [idleTimeoutMs: number, option: string][] = [
    [10_000, '000b00020064'],
    [199, '000b00020001'],
    [0, '000b00020000'],
    [6_553_500, '000b0002ffff'],
    [86_400_000, '000b0002ffff'],
  ];
  for (const [idleTimeoutMs, option] of rows) {
    assert.equal(optionsOf(ask(server, 'example. SOA', asks, { ...tcp, idleTimeoutMs })), option);
  }
});

test('RFC 7828 §3.3.1: over UDP the option is ignored', () => {
  const message = ask(server, 'example. SOA', asks);
  assert.deepEqual([message.rcode, message.answers.length, optionsOf(message)], [0, 1, '']);
});

test('RFC 7828 §3.3.2: who does not ask is not told', () => {
  assert.equal(optionsOf(ask(server, 'example. SOA', { edns: {} }, tcp)), '');
  assert.equal(optionsOf(ask(server, 'example. SOA', {}, tcp)), 'none');
});
