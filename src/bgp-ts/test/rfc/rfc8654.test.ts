import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeNotification, encodeUpdate, Framer } from '../../src/index.ts';
import { asPath, external, message, nextHop, notificationFor, octets, origin, prefix, receive } from './wire.ts';

const extended = { ...external, extendedMessages: true };

test('messages up to 65535 octets are read where both sides have the capability', () => {
  const communities = 'ffff0000'.repeat(2000);
  const attributes = `${origin}${asPath}${nextHop} d0081f40 ${communities}`;
  const bytes = message(2, `0000 ${octets(attributes).length.toString(16).padStart(4, '0')} ${attributes} ${prefix}`);
  assert.equal(notificationFor(bytes, extended), 'none');
  assert.equal(notificationFor(bytes), `1/2 ${bytes.length.toString(16)}`);
  const received = receive(bytes, extended);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(Buffer.from(encodeUpdate(received.value, true, 65_535)), Buffer.from(bytes));
});

test('OPEN and KEEPALIVE stay as they are', () => {
  assert.equal(notificationFor(message(1, '', 4097), extended), '1/2 1001');
  assert.equal(notificationFor(message(4, '', 20), extended), '1/2 0014');
});

test('a NOTIFICATION is never longer than 4096 octets', () => {
  assert.equal(encodeNotification({ code: 3, subcode: 9, data: new Uint8Array(60_000) }).length, 4096);
});

test('the longest message in single octets is one message', () => {
  const framer = new Framer();
  framer.negotiate({ extendedMessages: true });
  const bytes = message(2, `0000 0000 ${'00'.repeat(65_535 - 23)}`);
  const events = Array.from(bytes, (byte) => framer.push(Uint8Array.of(byte))).flat();
  assert.equal(events.length, 1);
  assert.deepEqual(events[0], { kind: 'frame', frame: { type: 2, body: bytes.slice(19) } });
});
