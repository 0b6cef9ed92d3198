/** Transcripts of one BFD session (RFC 5880 §6.8): what it is told, and what must come of it by the text. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { bfdDiagnostic, bfdState, emptyControlPacket, readControlPacket } from './packet.ts';
import type { ControlPacket } from './packet.ts';
import type { BfdSessionConfig, BfdStateChange } from './session-types.ts';
import { BfdSession } from './session.ts';

const { adminDown, down, init, up } = bfdState;

/** A session with what it sent and told; its peer has discriminator 7, 300 ms both ways and multiplier 3. */
class Bench {
  readonly sent: ControlPacket[] = [];
  readonly changes: BfdStateChange[] = [];
  readonly session: BfdSession;

  constructor(config: Partial<BfdSessionConfig> = {}) {
    const defaults = { localDiscriminator: 9, desiredMinTxMs: 500, requiredMinRxMs: 400, multiplier: 4 };
    // The most of jitter: every interval is whole.
    const timing = { timerSlackMs: 0, random: () => 1 };
    this.session = new BfdSession(
      { ...defaults, ...timing, ...config },
      {
        transmit: (bytes) => {
          const packet = emptyControlPacket();
          assert.equal(readControlPacket(bytes, packet), undefined);
          this.sent.push(packet);
        },
        changed: (change) => this.changes.push(change),
      },
    );
  }

  receive(state: ControlPacket['state'], nowMs: number, fields: Partial<ControlPacket> = {}): this {
    const timing = { multiplier: 3, desiredMinTxMicroseconds: 300_000, requiredMinRxMicroseconds: 300_000 };
    const discriminators = { myDiscriminator: 7, yourDiscriminator: 9 };
    this.session.receive({ ...emptyControlPacket(), ...timing, ...discriminators, state, ...fields }, nowMs);
    return this;
  }

  /** Up at 0 by Down and Init of the peer, its answer to our poll included. */
  up(): this {
    this.receive(down, 0, { yourDiscriminator: 0 }).receive(up, 0).receive(up, 0, { isFinal: true }).receive(up, 0);
    this.sent.length = 0;
    this.changes.length = 0;
    return this;
  }

  last(): ControlPacket {
    const packet = this.sent.at(-1);
    assert.ok(packet !== undefined, 'something was sent');
    return packet;
  }
}

test('the states change by the table of §6.8.6', () => {
  /** Local state, received state, then. */
  const table = [
    [down, adminDown, down],
    [down, down, init],
    [down, init, up],
    [down, up, down],
    [init, adminDown, down],
    [init, down, init],
    [init, init, up],
    [init, up, up],
    [up, adminDown, down],
    [up, down, down],
    [up, init, up],
    [up, up, up],
    [adminDown, adminDown, adminDown],
    [adminDown, down, adminDown],
    [adminDown, init, adminDown],
    [adminDown, up, adminDown],
  ] as const;
  for (const [local, received, then] of table) {
    const bench = new Bench();
    if (local === init || local === up) bench.receive(down, 0);
    if (local === up) bench.receive(up, 0);
    if (local === adminDown) bench.session.disable(0, 'asked');
    assert.equal(bench.session.state, local);
    bench.receive(received, 1);
    assert.equal(bench.session.state, then, `${local} receives ${received}`);
  }
});

test('the first packets say Down, know no peer, and come a second apart', () => {
  const bench = new Bench();
  for (const nowMs of [0, 999, 1000, 1999, 2000]) bench.session.transmitDue(nowMs);
  assert.equal(bench.sent.length, 3);
  const packet = bench.last();
  assert.deepEqual([packet.state, packet.myDiscriminator, packet.yourDiscriminator], [down, 9, 0]);
  assert.deepEqual([packet.desiredMinTxMicroseconds, packet.requiredMinRxMicroseconds], [1_000_000, 400_000]);
  assert.deepEqual([packet.multiplier, packet.diagnostic], [4, bfdDiagnostic.none]);
});

test('a change of state is told at once, between periodic packets', () => {
  const bench = new Bench();
  bench.session.transmitDue(0);
  bench.receive(down, 10, { yourDiscriminator: 0 });
  assert.deepEqual([bench.last().state, bench.last().yourDiscriminator], [init, 7]);
  bench.receive(up, 20);
  assert.deepEqual([bench.last().state, bench.sent.length], [up, 3]);
});

test('coming up begins a poll with the real Desired Min TX, which goes on until the Final', () => {
  const bench = new Bench().receive(down, 0, { yourDiscriminator: 0 }).receive(up, 0);
  assert.deepEqual([bench.last().isPoll, bench.last().desiredMinTxMicroseconds], [true, 500_000]);
  // Shorter, so in force at once (§6.8.3).
  assert.equal(bench.session.transmitIntervalMs(), 500);
  bench.session.transmitDue(500);
  assert.equal(bench.last().isPoll, true);
  bench.receive(up, 510, { isFinal: true });
  bench.session.transmitDue(1000);
  assert.deepEqual([bench.last().isPoll, bench.sent.length], [false, 4]);
});

test('a poll of the peer is answered at once with Final alone, and moves no periodic packet', () => {
  const bench = new Bench().up();
  const before = bench.session.nextDeadlineMs();
  bench.receive(up, 100, { isPoll: true });
  assert.deepEqual([bench.last().isFinal, bench.last().isPoll, bench.sent.length], [true, false, 1]);
  assert.equal(bench.session.nextDeadlineMs(), before);
});

test('a longer Desired Min TX is told by poll and kept to only after the Final', () => {
  const bench = new Bench().up();
  bench.session.setDesiredMinTxMs(2000);
  assert.equal(bench.session.transmitIntervalMs(), 500);
  bench.session.transmitDue(500);
  assert.deepEqual([bench.last().isPoll, bench.last().desiredMinTxMicroseconds], [true, 2_000_000]);
  bench.receive(up, 510);
  assert.equal(bench.session.transmitIntervalMs(), 500);
  bench.receive(up, 520, { isFinal: true });
  assert.equal(bench.session.transmitIntervalMs(), 2000);
  // Counted from the last packet.
  bench.session.transmitDue(2499);
  assert.equal(bench.sent.length, 1);
  bench.session.transmitDue(2500);
  assert.deepEqual([bench.sent.length, bench.last().isPoll], [2, false]);
});

test('a shorter Required Min RX shortens the detection time only after the Final', () => {
  const bench = new Bench().up();
  assert.equal(bench.session.detectionTimeMs(), 1200);
  bench.session.setRequiredMinRxMs(100);
  assert.equal(bench.session.detectionTimeMs(), 1200);
  bench.receive(up, 10, { isFinal: true });
  // 3 × the peer's 300 ms.
  assert.equal(bench.session.detectionTimeMs(), 900);
});

test('a longer Required Min RX lengthens the detection time at once', () => {
  const bench = new Bench().up();
  bench.session.setRequiredMinRxMs(700);
  assert.equal(bench.session.detectionTimeMs(), 2100);
});

test('a change during a poll waits for its Final and for a packet with F clear', () => {
  const bench = new Bench().up();
  bench.session.setDesiredMinTxMs(2000);
  bench.session.setDesiredMinTxMs(3000);
  bench.session.transmitDue(500);
  assert.equal(bench.last().desiredMinTxMicroseconds, 2_000_000);
  bench.receive(up, 510, { isFinal: true });
  assert.equal(bench.session.transmitIntervalMs(), 2000);
  bench.session.transmitDue(2500);
  assert.deepEqual([bench.last().isPoll, bench.last().desiredMinTxMicroseconds], [false, 2_000_000]);
  bench.receive(up, 2510);
  bench.session.transmitDue(4500);
  assert.deepEqual([bench.last().isPoll, bench.last().desiredMinTxMicroseconds], [true, 3_000_000]);
});

test('a Final that nobody asked for changes nothing', () => {
  const bench = new Bench().up();
  bench.receive(up, 10, { isFinal: true });
  assert.deepEqual([bench.session.transmitIntervalMs(), bench.sent.length], [500, 0]);
});

test('the detection time is the multiplier of the peer times the longer of its TX and our RX', () => {
  const bench = new Bench({ requiredMinRxMs: 400 }).up();
  assert.equal(bench.session.detectionTimeMs(), 3 * 400);
  bench.receive(up, 0, { multiplier: 5, desiredMinTxMicroseconds: 600_000 });
  assert.equal(bench.session.detectionTimeMs(), 5 * 600);
});

test('silence for the detection time takes the session down with diagnostic 1 and forgets the peer', () => {
  const bench = new Bench().up();
  bench.receive(up, 100);
  bench.session.expire(1299);
  assert.equal(bench.session.state, up);
  assert.ok(bench.session.isDetectionDue(1300));
  bench.session.expire(1300);
  assert.equal(bench.session.state, down);
  const packet = bench.last();
  assert.deepEqual([packet.state, packet.diagnostic], [down, bfdDiagnostic.detectionTimeExpired]);
  assert.deepEqual([packet.yourDiscriminator, packet.desiredMinTxMicroseconds], [0, 1_000_000]);
  assert.deepEqual(
    bench.changes.map(({ state, previous, isPeerAdminDown, reason }) => [state, previous, isPeerAdminDown, reason]),
    [[down, up, false, 'nothing came for 1200 ms']],
  );
  assert.equal(bench.session.isDetectionDue(1e9), false);
});

test('silence for the detection time ends Init, too, so that a peer that is up alone hears of it', () => {
  const { session, sent } = new Bench().receive(down, 1000, { yourDiscriminator: 0 });
  assert.deepEqual([session.state, session.nextDeadlineMs()], [init, 2000]);
  session.transmitDue(2000);
  const deadlineMs = 1000 + session.detectionTimeMs();
  session.expire(deadlineMs - 1);
  assert.equal(session.state, init);
  session.expire(deadlineMs);
  assert.deepEqual([session.state, session.reason], [down, 'nothing came for 1200 ms']);
  assert.deepEqual([sent.at(-1)?.state, sent.at(-1)?.diagnostic], [down, bfdDiagnostic.detectionTimeExpired]);
});

test('silence of a peer that was never up makes it unknown again', () => {
  const bench = new Bench().receive(adminDown, 0, { yourDiscriminator: 0 });
  assert.ok(bench.session.isPeerKnown);
  bench.session.expire(1200);
  assert.deepEqual([bench.session.isPeerKnown, bench.changes.length], [false, 0]);
});

test('the peer going AdminDown is told as such, and as no failure', () => {
  const bench = new Bench().up();
  bench.receive(adminDown, 10, { diagnostic: bfdDiagnostic.administrativelyDown });
  assert.deepEqual([bench.last().state, bench.last().diagnostic], [down, bfdDiagnostic.neighborSignaledDown]);
  assert.deepEqual(
    bench.changes.map((change) => change.isPeerAdminDown),
    [true],
  );
});

test('the peer saying Down is a failure, with its diagnostic in words', () => {
  const bench = new Bench().up();
  bench.receive(down, 10, { diagnostic: bfdDiagnostic.detectionTimeExpired });
  assert.deepEqual(
    bench.changes.map(({ isPeerAdminDown, reason }) => [isPeerAdminDown, reason]),
    [[false, 'the peer says down: control detection time expired']],
  );
});

test('a disabled session says AdminDown each second, answers no poll, and comes back by Down', () => {
  const bench = new Bench().up();
  bench.session.disable(100, 'asked');
  assert.deepEqual([bench.last().state, bench.last().diagnostic], [adminDown, bfdDiagnostic.administrativelyDown]);
  bench.receive(up, 150, { isPoll: true });
  bench.session.transmitDue(1099);
  assert.equal(bench.sent.length, 1);
  bench.session.transmitDue(1100);
  assert.equal(bench.sent.length, 2);
  bench.session.enable(1200, 'asked');
  assert.deepEqual([bench.last().state, bench.last().diagnostic], [down, bfdDiagnostic.none]);
});

test('a peer whose Required Min RX is 0 gets no periodic packets, but its polls are answered', () => {
  const bench = new Bench().up();
  bench.receive(up, 10, { requiredMinRxMicroseconds: 0 });
  bench.session.transmitDue(100_000);
  assert.equal(bench.sent.length, 0);
  assert.equal(bench.session.nextDeadlineMs(), 10 + 1200);
  bench.receive(up, 20, { requiredMinRxMicroseconds: 0, isPoll: true });
  assert.deepEqual([bench.last().isFinal, bench.sent.length], [true, 1]);
  bench.receive(up, 30);
  bench.session.transmitDue(600);
  assert.equal(bench.sent.length, 2);
});

test('the peer in demand mode gets no periodic packets while both are up, except during a poll', () => {
  const bench = new Bench().up();
  bench.receive(up, 10, { isDemand: true });
  bench.session.transmitDue(100_000);
  assert.equal(bench.sent.length, 0);
  bench.session.setDesiredMinTxMs(2000);
  bench.session.transmitDue(100_000);
  assert.deepEqual([bench.last().isPoll, bench.sent.length], [true, 1]);
  bench.receive(up, 100_010, { isDemand: true, isFinal: true });
  bench.session.transmitDue(200_000);
  assert.equal(bench.sent.length, 1);
});

test('the longer of our Desired Min TX and the peer’s Required Min RX is the interval', () => {
  const bench = new Bench().up();
  bench.receive(up, 10, { requiredMinRxMicroseconds: 900_000 });
  assert.equal(bench.session.transmitIntervalMs(), 900);
  bench.session.transmitDue(899);
  assert.equal(bench.sent.length, 0);
  bench.session.transmitDue(900);
  assert.equal(bench.sent.length, 1);
});

test('jitter takes up to a quarter away, and a tenth at least where the multiplier is 1', () => {
  for (const [multiplier, random, gapMs] of [
    [3, 0, 375],
    [3, 1, 500],
    [1, 0, 375],
    [1, 1, 450],
  ] as const) {
    const bench = new Bench({ multiplier, random: () => random }).up();
    assert.equal(bench.session.nextDeadlineMs(), gapMs, `${multiplier} ${random}`);
  }
});

test('slack of the timer shortens the longest interval, never the shortest', () => {
  assert.equal(new Bench({ timerSlackMs: 5, random: () => 1 }).up().session.nextDeadlineMs(), 495);
  assert.equal(new Bench({ timerSlackMs: 5, random: () => 0 }).up().session.nextDeadlineMs(), 375);
});

test('a peer that restarts with another discriminator takes the session down and up again', () => {
  const bench = new Bench().up();
  bench.receive(down, 10, { myDiscriminator: 8, yourDiscriminator: 0 });
  assert.deepEqual([bench.last().state, bench.last().yourDiscriminator], [down, 8]);
  bench.receive(down, 20, { myDiscriminator: 8, yourDiscriminator: 9 }).receive(up, 30, { myDiscriminator: 8 });
  assert.equal(bench.session.state, up);
});
