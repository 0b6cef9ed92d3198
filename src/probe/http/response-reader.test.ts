import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ResponseReader } from './response-reader.ts';

/** What a reader makes of a response that comes in these pieces. */
function read(pieces: readonly (string | Buffer)[], { hasBody = true, kept = 1000, ends = false } = {}) {
  const reader = new ResponseReader(hasBody, kept);
  for (const piece of pieces) reader.push(Buffer.from(piece));
  if (ends) reader.end();
  const { status, fault, location, isDone, mayPersist } = reader;
  return { status, fault, location, isDone, mayPersist, body: reader.body().toString() };
}

const nothing = { fault: undefined, location: undefined };

test('a body ends by its length, by its chunks, or with the connection (RFC 9112 §6.3)', () => {
  const rows: [text: string, body: string, mayPersist: boolean, ends: boolean][] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok', true, false],
    ['HTTP/1.1 200\r\ncontent-length:2 \r\n\r\nok', 'ok', true, false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '', true, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok', false, false],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok', 'ok', true, false],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 'ok', false, false],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\nX: y\r\n\r\n',
      'ok',
      true,
      false,
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'ok',
      true,
      false,
    ],
    ['HTTP/1.1 200 OK\r\n\r\nok', 'ok', false, true],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok', true, false],
  ];
  for (const [text, body, mayPersist, ends] of rows) {
    assert.deepEqual(read([text], { ends }), { ...nothing, status: 200, isDone: true, mayPersist, body }, text);
  }
});

test('204, 304 and the answer to HEAD have no body', () => {
  for (const status of [204, 304]) {
    assert.equal(read([`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`]).isDone, true);
  }
  assert.equal(read(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'], { hasBody: false }).isDone, true);
  assert.equal(read(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n']).isDone, false);
});

test('what is no HTTP, or has no bounds, is a fault as soon as it shows', () => {
  const rows: [text: string, fault: string][] = [
    ['220 mail.example.com ESMTP\r\n', 'not HTTP'],
    ['HTTX', 'not HTTP'],
    ['HTTP/1.1 2x0 OK\r\n\r\n', 'not HTTP'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'not HTTP'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'not HTTP'],
    ['HTTP/2 200 OK\r\n\r\n', 'not HTTP'],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`, 'head too long'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'bad length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'bad chunk'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', 'bad chunk'],
    [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2000)}`, 'bad chunk'],
  ];
  for (const [text, fault] of rows) assert.equal(read([text]).fault, fault, text.slice(0, 60));
});

test('octets after the end cost the connection, and nothing else', () => {
  const { isDone, mayPersist, body } = read(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200']);
  assert.deepEqual([isDone, mayPersist, body], [true, false, 'ok']);
});

test('of a body so much is kept as is wanted', () => {
  const reader = new ResponseReader(true, 3);
  reader.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab'));
  assert.equal(reader.hasKeptBody, false);
  reader.push(Buffer.from('cdefgh'));
  assert.deepEqual([reader.hasKeptBody, reader.isDone, reader.body().toString()], [true, false, 'abc']);
});

test('however a response is cut into pieces, it reads the same', () => {
  const texts = [
    'HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 12\r\n\r\nhello, world',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\nA: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n',
    '220 mail',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(fc.nat(200)), (text, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      const [cut, whole] = [read(pieces), read([text])];
      assert.equal(cut.fault, whole.fault);
      if (whole.fault === undefined) assert.deepEqual(cut, whole);
    }),
  );
});

test('any octets are read without an exception', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('HTTP/1.1 200 OK\r\n'), fc.constant('\r\n'), fc.string())), (pieces) => {
      read(pieces, { ends: true });
    }),
  );
});
