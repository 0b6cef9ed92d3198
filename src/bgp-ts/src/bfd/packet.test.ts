/** BFD Control packets: the figure of RFC 5880 §4.1 by hand, and the checks of §6.8.6 in their order. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bfdState, controlPacketBytes, emptyControlPacket, readControlPacket, writeControlPacket } from './packet.ts';

/** Version 1, diagnostic 3, Up, P, multiplier 3, discriminators 0x01020304 and 0xfffefdfc, 300 ms, 450 ms, no echo. */
const upPoll = '23e00318' + '01020304' + 'fffefdfc' + '000493e0' + '0006ddd0' + '00000000';

function faultOf(hex: string): string | undefined {
  return readControlPacket(Buffer.from(hex, 'hex'), emptyControlPacket());
}

test('a packet is read and written as the figure says', () => {
  const packet = emptyControlPacket();
  assert.equal(readControlPacket(Buffer.from(upPoll, 'hex'), packet), undefined);
  assert.deepEqual(packet, {
    diagnostic: 3,
    state: bfdState.up,
    isPoll: true,
    isFinal: false,
    isAuthenticated: false,
    isDemand: false,
    multiplier: 3,
    myDiscriminator: 0x01020304,
    yourDiscriminator: 0xfffefdfc,
    desiredMinTxMicroseconds: 300_000,
    requiredMinRxMicroseconds: 450_000,
  });
  const bytes = new Uint8Array(controlPacketBytes).fill(0xff);
  writeControlPacket(packet, bytes);
  assert.equal(Buffer.from(bytes).toString('hex'), upPoll);
});

test('octets after the length are not looked at', () => {
  assert.equal(faultOf(`${upPoll}ffff`), undefined);
});

test('each check of §6.8.6 drops its packet', () => {
  const rest = upPoll.slice(8);
  const cases = [
    ['', 'version is not 1'],
    [`03e00318${rest}`, 'version is not 1'],
    [`43e00318${rest}`, 'version is not 1'],
    [`23e00317${rest}`, 'length is too small'],
    // With the A bit, 24 octets do not hold even the head of an authentication section.
    [`23e40318${rest}`, 'length is too small'],
    [`23e00319${rest}`, 'length is more than what came'],
    [upPoll.slice(0, -2), 'length is more than what came'],
    [`23e00018${rest}`, 'detect multiplier is 0'],
    [`23e10318${rest}`, 'multipoint bit is set'],
    [`23e0031800000000${rest.slice(8)}`, 'my discriminator is 0'],
    [`23e003180102030400000000${rest.slice(16)}`, 'your discriminator is 0 in state Init or Up'],
    [`238003180102030400000000${rest.slice(16)}`, 'your discriminator is 0 in state Init or Up'],
    [`234003180102030400000000${rest.slice(16)}`, undefined],
    [`230003180102030400000000${rest.slice(16)}`, undefined],
  ] as const;
  for (const [hex, fault] of cases) assert.equal(faultOf(hex), fault, hex);
});

test('of several faults the first in the order of §6.8.6 is told', () => {
  assert.equal(faultOf('03010017'), 'version is not 1');
  assert.equal(faultOf('23010017'), 'length is too small');
  assert.equal(faultOf('23010018'), 'length is more than what came');
  assert.equal(faultOf(`23010018${'00'.repeat(20)}`), 'detect multiplier is 0');
  assert.equal(faultOf(`23010318${'00'.repeat(20)}`), 'multipoint bit is set');
});

test('no octets make the reader throw, and what it takes says who sent it', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    // Near to right, so that most get past the first checks.
    fc.uint8Array({ minLength: 23, maxLength: 40 }).map((bytes) => {
      bytes.set([0x20 | ((bytes[0] ?? 0) & 0x1f), bytes[1] ?? 0, bytes[2] ?? 0, 24 + ((bytes[3] ?? 0) % 4)]);
      return bytes;
    }),
  );
  fc.assert(
    fc.property(octets, (bytes) => {
      const packet = emptyControlPacket();
      if (readControlPacket(bytes, packet) !== undefined) return;
      assert.ok(packet.myDiscriminator > 0 && packet.multiplier > 0);
      if (packet.isAuthenticated || packet.isDemand) return;
      const written = new Uint8Array(controlPacketBytes);
      writeControlPacket(packet, written);
      const again = emptyControlPacket();
      assert.equal(readControlPacket(written, again), undefined);
      assert.deepEqual(again, packet);
    }),
  );
});
