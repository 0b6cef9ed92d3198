import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from './bytes.ts';
import {
  decodeNotification,
  encodeNotification,
  encodeShutdownText,
  notificationName,
  shutdownTextOf,
} from './notification.ts';
import { decodeOpen } from './open.ts';

const fixed = [4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 1];

/** Capabilities of an OPEN with these optional parameters, or the fault. */
function parameters(...bytes: readonly number[]): unknown {
  const decoded = decodeOpen(Uint8Array.from([...fixed, ...bytes]));
  return decoded.ok ? decoded.value.capabilities : `${decoded.fault.code}/${decoded.fault.subcode}`;
}

const refresh = { kind: 'routeRefresh' };
const four = { kind: 'fourOctetAs', asn: 65000 };

void test('capabilities may come in one parameter, in several, or in the extended form of RFC 9072', () => {
  const capabilities = [2, 0, 65, 4, 0, 0, 0xfd, 0xe8];
  assert.deepEqual(parameters(10, 2, 8, ...capabilities), [refresh, four]);
  assert.deepEqual(parameters(12, 2, 2, 2, 0, 2, 6, 65, 4, 0, 0, 0xfd, 0xe8), [refresh, four]);
  assert.deepEqual(parameters(255, 255, 0, 11, 2, 0, 8, ...capabilities), [refresh, four]);
  assert.deepEqual(parameters(0), []);
});

void test('lengths that overrun are faults of OPEN, in both forms', () => {
  assert.equal(parameters(), '2/0', 'no length at all');
  assert.equal(parameters(2, 2), '2/0', 'parameters longer than the message');
  assert.equal(parameters(2, 2, 9), '2/0', 'parameter longer than the parameters');
  assert.equal(parameters(255), '2/0', 'extended form without its type');
  assert.equal(parameters(255, 255), '2/0', 'extended form without its length');
  assert.equal(parameters(255, 255, 0, 3, 2, 0xff, 0xff), '2/0', 'extended parameter longer than the parameters');
  assert.equal(parameters(6, 2, 4, 65, 2, 0, 1), '2/0', 'capability of a wrong length');
});

void test('a shutdown text has at most 128 bytes and is cut between characters', () => {
  assert.equal(toHex(encodeShutdownText('bye')), '03627965');
  assert.equal(encodeShutdownText('').length, 0);
  const cut = encodeShutdownText('✓'.repeat(60));
  assert.equal(cut[0], 126);
  assert.equal(cut.length, 127);
  assert.equal(shutdownTextOf({ code: 6, subcode: 2, data: cut }), '✓'.repeat(42));
});

void test("a peer's shutdown text is read only where it belongs, and its control characters are replaced", () => {
  const data = Uint8Array.from([4, 0x61, 0x0a, 0x1b, 0x62]);
  assert.equal(shutdownTextOf({ code: 6, subcode: 2, data }), 'a\u{fffd}\u{fffd}b');
  assert.equal(shutdownTextOf({ code: 6, subcode: 4, data }), 'a\u{fffd}\u{fffd}b');
  assert.equal(shutdownTextOf({ code: 6, subcode: 3, data }), undefined);
  assert.equal(shutdownTextOf({ code: 6, subcode: 2, data: data.subarray(0, 3) }), undefined);
  assert.equal(shutdownTextOf({ code: 6, subcode: 2, data: Uint8Array.of(0) }), undefined);
});

void test('a NOTIFICATION keeps its Data, also when that is a single byte', () => {
  const sent = { code: 5, subcode: 3, data: Uint8Array.of(1) };
  assert.deepEqual(decodeNotification(encodeNotification(sent).subarray(19)), { kind: 'notification', ...sent });
  assert.equal(notificationName(5, 3), 'Finite State Machine Error, Unexpected Message in Established');
  assert.equal(notificationName(6, 77), 'Cease, subcode 77');
  assert.equal(notificationName(200, 0), 'error 200');
});
