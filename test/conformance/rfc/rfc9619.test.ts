/** RFC 9619: a query has one question. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decode, exchange, octets, serve } from './serving.ts';

const server = serve('example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n');
const question = '076578616d706c65 00 0006 0001';

test('RFC 9619 §4: more than one question is FORMERR', () => {
  for (const [count, questions] of [
    ['0002', question + question],
    ['0002', `${question} c00c 0002 0001`],
    ['0002', question],
    ['ffff', question],
  ] as const) {
    const message = decode(exchange(server, octets(`beef 0000 ${count} 0000 0000 0000 ${questions}`)));
    assert.deepEqual([message.id, message.flags, message.answers.length], [0xbeef, 0x8001, 0], questions);
  }
});

test('RFC 9619 §4: no question is FORMERR where no cookie is asked for (RFC 7873 §5.4)', () => {
  assert.equal(decode(exchange(server, octets('beef 0000 0000 0000 0000 0000'))).flags, 0x8001);
});
