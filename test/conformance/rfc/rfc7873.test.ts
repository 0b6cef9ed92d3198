/** RFC 7873 §5.2 and RFC 9018: cookies in replies. Judging and making them is tested beside answer/cookies.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { CookieJar } from '#dns/answer/cookies.ts';
import { ask, decode, exchange, octets, optionsOf, query, serve, udp } from './serving.ts';

const text = `
example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
www.example. 300 A 192.0.2.1
${Array.from({ length: 40 }, (_, index) => `many.example. 300 A 192.0.2.${index}`).join('\n')}
`;
// Secret, client, time and cookies of RFC 9018 A.1 and A.2.
const cookies = new CookieJar([octets('e5e973e5a6b2a43f48e7dc849e37bfcf')]);
const client = { ...udp, address: Uint8Array.of(198, 51, 100, 100) };
const server = serve(text, { cookies });
const clientCookie = '2464c4abcf10c957';
const issued = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';

/** The options of the reply to a query with the given cookie. */
function cookieFor(question: string, cookie: string): string {
  const length = (cookie.length / 2).toString(16).padStart(4, '0');
  return optionsOf(ask(server, question, { edns: { options: `000a${length}${cookie}` } }, client));
}

test('RFC 7873 §5.2.1: a query without a cookie is answered without', () => {
  assert.equal(optionsOf(ask(server, 'www.example. A', { edns: {} }, client)), '');
});

test('RFC 7873 §5.2.2: a cookie of an impossible length is FORMERR', () => {
  for (const length of [0, 1, 7, 9, 15, 41, 64]) {
    const options = `000a${length.toString(16).padStart(4, '0')}${'00'.repeat(length)}`;
    const message = ask(server, 'www.example. A', { edns: { options } }, client);
    assert.deepEqual([message.rcode, message.answers.length], [1, 0], `${length} octets`);
  }
});

test('RFC 7873 §5.2.3, RFC 9018 A.1: a client cookie alone is answered, with a server cookie', () => {
  const message = ask(server, 'www.example. A', { edns: { options: `000a0008${clientCookie}` } }, client);
  assert.deepEqual([message.rcode, message.answers.length], [0, 1]);
  assert.equal(optionsOf(message), `000a0018${issued}`);
});

test('RFC 7873 §5.2.4: a server cookie that is not ours is answered like none, with a right one', () => {
  assert.equal(cookieFor('www.example. A', `${clientCookie}${'00'.repeat(8)}`), `000a0018${issued}`);
  assert.equal(cookieFor('www.example. A', `${clientCookie}${'00'.repeat(32)}`), `000a0018${issued}`);
});

test('RFC 7873 §5.2.5, RFC 9018 A.2: a right cookie is answered with the fresh one', () => {
  const later = { ...client, unixMs: 1_559_734_385_000 };
  const message = ask(server, 'www.example. A', { edns: { options: `000a0018${issued}` } }, later);
  assert.equal(optionsOf(message), '000a0018' + '2464c4abcf10c957010000005cf7a871d4a564a1442aca77');
});

test('RFC 7873 §5.2: every kind of reply carries the cookie', () => {
  for (const question of ['no.example. A', 'www.example. MX', 'www.other. A', 'www.example. OPT', 'many.example. A']) {
    assert.ok(cookieFor(question, clientCookie).startsWith(`000a0018${issued}`), question);
  }
});

test('RFC 7873 §5.2: of two cookie options the first counts', () => {
  const options = `000a0008${clientCookie}000a0008ffffffffffffffff`;
  assert.equal(optionsOf(ask(server, 'www.example. A', { edns: { options } }, client)), `000a0018${issued}`);
});

test('RFC 7873 §5.4: a query without a question gets a cookie, NOERROR and no question', () => {
  const asked = octets(`beef 0000 0000 0000 0000 0001 00 0029 04d0 00000000 000c 000a 0008 ${clientCookie}`);
  const message = decode(exchange(server, asked, client));
  assert.deepEqual([message.id, message.flags, message.questions.length], [0xbeef, 0x8000, 0]);
  assert.equal(optionsOf(message), `000a0018${issued}`);
});

test('RFC 7873 §5.4: without a cookie, or where none are made, a query without a question is FORMERR', () => {
  const plain = octets('beef 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0000');
  assert.equal(decode(exchange(server, plain, client)).rcode, 1);
  const asked = octets(`beef 0000 0000 0000 0000 0001 00 0029 04d0 00000000 000c 000a 0008 ${clientCookie}`);
  assert.equal(decode(exchange(serve(text), asked, client)).rcode, 1);
});

test('RFC 7873 §5.2: a server that makes no cookies ignores the option', () => {
  const asked = query('www.example. A', { edns: { options: `000a0008${clientCookie}` } });
  const message = decode(exchange(serve(text), asked, client));
  assert.deepEqual([message.rcode, message.answers.length, optionsOf(message)], [0, 1, '']);
});

test('RFC 7873 §4.2: a server cookie is bound to the address of its client', () => {
  const other = { ...client, address: Uint8Array.of(198, 51, 100, 101) };
  const message = ask(server, 'www.example. A', { edns: { options: `000a0018${issued}` } }, other);
  assert.notEqual(optionsOf(message), `000a0018${issued}`);
});
