/** RFC 7766 and RFC 9210, as far as they concern what is answered. Framing, order and timeouts are proved beside serve/. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, exchange, query, serve, tcp, udp } from './serving.ts';

const server = serve(`
example. 300 SOA ns.test. a.test. 1 7200 600 86400 60
example. 300 NS ns.test.
${Array.from({ length: 3500 }, (_, index) => `many.example. 300 A 10.0.${index >> 8}.${index & 255}`).join('\n')}
${Array.from({ length: 4100 }, (_, index) => `more.example. 300 A 10.1.${index >> 8}.${index & 255}`).join('\n')}
`);

test('RFC 7766 §5: over TCP the same questions have the same answers', () => {
  for (const question of ['example. SOA', 'example. A', 'no.example. A', 'www.other. A', 'example. ANY']) {
    assert.deepEqual(exchange(server, query(question), tcp), exchange(server, query(question), udp), question);
  }
});

test('RFC 7766 §8: over TCP a reply has up to 65535 octets, and what does not fit there is truncated', () => {
  const asked = query('many.example. A');
  assert.equal(exchange(server, asked, tcp).length, asked.length + 3500 * 16);
  assert.deepEqual(
    [ask(server, 'more.example. A', {}, tcp).flags, ask(server, 'more.example. A', {}, tcp).answers.length],
    [0x8600, 0],
  );
});

test('RFC 9210 §3: what is truncated over UDP can be had over TCP', () => {
  assert.equal(ask(server, 'many.example. A', { edns: { udpBytes: 65_535 } }).flags & 0x0200, 0x0200);
  assert.equal(ask(server, 'many.example. A', {}, tcp).answers.length, 3500);
});
