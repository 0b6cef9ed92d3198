/**
 * Two engines in virtual time over a path that loses, delays and reorders, while either is restarted, disabled and told
 * other intervals. What RFC 5880 promises has to hold at every moment; the seed is in the failure's report.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bfdState, emptyControlPacket, readControlPacket } from './packet.ts';
import { BfdSession } from './session.ts';

interface Path {
  readonly lossShare: number;
  readonly maxDelayMs: number;
  /** Whether a packet may overtake another: a Down that comes late ends a session, as it must. */
  readonly isOrdered: boolean;
}

const goodPath: Path = { lossShare: 0, maxDelayMs: 5, isOrdered: true };

interface Timing {
  readonly minTxMs: number;
  readonly minRxMs: number;
  readonly multiplier: number;
}

/** A generator of chance from a seed (a linear congruence; only spread matters here). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Since when one side has been up alone, and the longest that has counted meanwhile: intervals and the path change. */
interface Lone {
  readonly sinceMs: number;
  ownDetectionMs: number;
  otherDetectionMs: number;
  delayMs: number;
}

/** One end: an engine while its process is alive, and what is known of its packets. */
class Side {
  readonly name: string;
  readonly timing: Timing;
  engine: BfdSession | undefined;
  discriminator = 0;
  downCount = 0;
  upCount = 0;
  /** While it is up and the other is not. */
  lone: Lone | undefined;
  lastPeriodicMs = -Infinity;

  constructor(name: string, timing: Timing) {
    this.name = name;
    this.timing = timing;
  }

  get isUp(): boolean {
    return this.engine?.state === bfdState.up;
  }
}

/** A packet under way, over a path that may be another one by now. */
interface Flight {
  readonly atMs: number;
  readonly to: Side;
  readonly bytes: Uint8Array;
  readonly maxDelayMs: number;
}

class World {
  nowMs = 0;
  path: Path;
  readonly #random: () => number;
  readonly #flights: Flight[] = [];
  readonly left: Side;
  readonly right: Side;
  #nextDiscriminator = 1;

  constructor(seed: number, path: Path, left: Timing, right: Timing) {
    this.#random = chance(seed);
    this.path = path;
    this.left = new Side('left', left);
    this.right = new Side('right', right);
    for (const side of this.sides()) this.start(side);
  }

  sides(): readonly Side[] {
    return [this.left, this.right];
  }

  other(side: Side): Side {
    return side === this.left ? this.right : this.left;
  }

  start(side: Side): void {
    side.discriminator = this.#nextDiscriminator++;
    side.lastPeriodicMs = -Infinity;
    const { minTxMs, minRxMs, multiplier } = side.timing;
    side.engine = new BfdSession(
      {
        localDiscriminator: side.discriminator,
        desiredMinTxMs: minTxMs,
        requiredMinRxMs: minRxMs,
        multiplier,
        timerSlackMs: 0,
        random: this.#random,
      },
      {
        transmit: (bytes) => this.#send(side, bytes),
        changed: ({ state, previous }) => {
          if (state === bfdState.up) side.upCount++;
          if (previous === bfdState.up) side.downCount++;
        },
      },
    );
  }

  /** Lets time pass; all that RFC 5880 promises is looked at after each event. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let turns = 0; ; turns++) {
      assert.ok(turns < 200_000, 'time goes on');
      const nextMs = this.#nextMs();
      if (nextMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.#deliver();
      for (const side of this.sides()) this.#turn(side);
      for (const side of this.sides()) this.#watch(side);
    }
    this.nowMs = endMs;
  }

  #nextMs(): number {
    const deadlines = this.sides().map((side) => side.engine?.nextDeadlineMs() ?? Infinity);
    return Math.min(...deadlines, ...this.#flights.map((flight) => flight.atMs));
  }

  #turn(side: Side): void {
    const { engine } = side;
    if (engine === undefined) return;
    if (this.nowMs >= engine.nextDeadlineMs() && !engine.isDetectionDue(this.nowMs)) {
      const gapMs = this.nowMs - side.lastPeriodicMs;
      const least = 0.75 * engine.transmitIntervalMs();
      assert.ok(gapMs >= least - 1e-6, `${side.name} sends after ${gapMs} ms, ${least} ms is the least`);
    }
    engine.transmitDue(this.nowMs);
    engine.expire(this.nowMs);
  }

  #send(side: Side, bytes: Uint8Array): void {
    const packet = emptyControlPacket();
    assert.equal(readControlPacket(bytes, packet), undefined);
    assert.ok(!(packet.isPoll && packet.isFinal), 'P and F are never set together (§6.5)');
    assert.ok(
      packet.state === bfdState.up || packet.desiredMinTxMicroseconds >= 1_000_000,
      '§6.8.3: a second at least',
    );
    if (!packet.isFinal) side.lastPeriodicMs = this.nowMs;
    if (this.#random() < this.path.lossShare) return;
    const to = this.other(side);
    const atMs = Math.max(
      this.nowMs + this.#random() * this.path.maxDelayMs,
      ...(this.path.isOrdered ? this.#flights.filter((flight) => flight.to === to).map((flight) => flight.atMs) : []),
    );
    this.#flights.push({ atMs, to, bytes: bytes.slice(), maxDelayMs: this.path.maxDelayMs });
  }

  #deliver(): void {
    const arrived = this.#flights.filter((flight) => flight.atMs <= this.nowMs);
    for (const { to, bytes } of arrived.toSorted((a, b) => a.atMs - b.atMs)) {
      const packet = emptyControlPacket();
      readControlPacket(bytes, packet);
      const isForIt = packet.yourDiscriminator === 0 || packet.yourDiscriminator === to.discriminator;
      if (isForIt) to.engine?.receive(packet, this.nowMs);
    }
    const flying = this.#flights.filter((flight) => flight.atMs > this.nowMs);
    this.#flights.splice(0, this.#flights.length, ...flying);
  }

  /**
   * A side is not up for long while the other is not: the other, if it is in Init and hears nothing, is Down after its
   * detection time; this one then hears Down, or nothing for its own.
   */
  #watch(side: Side): void {
    const other = this.other(side);
    if (!side.isUp || other.isUp) {
      side.lone = undefined;
      return;
    }
    const lone = (side.lone ??= { sinceMs: this.nowMs, ownDetectionMs: 0, otherDetectionMs: 0, delayMs: 0 });
    lone.ownDetectionMs = Math.max(lone.ownDetectionMs, side.engine?.detectionTimeMs() ?? 0);
    lone.otherDetectionMs = Math.max(lone.otherDetectionMs, other.engine?.detectionTimeMs() ?? 0);
    const delays = this.#flights.map((flight) => flight.maxDelayMs);
    lone.delayMs = Math.max(lone.delayMs, this.path.maxDelayMs, ...delays);
    const aloneMs = this.nowMs - lone.sinceMs;
    const mostMs = lone.ownDetectionMs + lone.otherDetectionMs + 2 * lone.delayMs;
    assert.ok(aloneMs <= mostMs, `${side.name} is up alone for ${aloneMs} ms, ${mostMs} ms is the most`);
  }
}

const intervals = fc.constantFrom(50, 300, 300, 500, 800, 1000, 1700);
const timings = fc.record({ minTxMs: intervals, minRxMs: intervals, multiplier: fc.constantFrom(2, 3, 4) });
const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const sideNames = fc.constantFrom('left' as const, 'right' as const);

const acts = fc.oneof(
  fc.record({ kind: fc.constant('tx' as const), side: sideNames, ms: intervals }),
  fc.record({ kind: fc.constant('rx' as const), side: sideNames, ms: intervals }),
  fc.record({ kind: fc.constantFrom('crash', 'start', 'disable', 'enable'), side: sideNames, ms: fc.constant(0) }),
);
const scripts = fc.array(fc.record({ act: acts, afterMs: fc.integer({ min: 0, max: 4000 }) }), { maxLength: 25 });

function perform(
  world: World,
  act: { readonly kind: string; readonly side: 'left' | 'right'; readonly ms: number },
): void {
  const side = world[act.side];
  if (act.kind === 'tx') side.engine?.setDesiredMinTxMs(act.ms);
  else if (act.kind === 'rx') side.engine?.setRequiredMinRxMs(act.ms);
  else if (act.kind === 'crash') side.engine = undefined;
  else if (act.kind === 'start' && side.engine === undefined) world.start(side);
  else if (act.kind === 'disable') side.engine?.disable(world.nowMs, 'asked');
  else if (act.kind === 'enable') side.engine?.enable(world.nowMs, 'asked');
}

test('whatever happens, no side is up alone for long, and both are up soon after it is over', () => {
  const paths = fc.record({
    lossShare: fc.constantFrom(0, 0.05, 0.3, 0.7),
    maxDelayMs: fc.constantFrom(0, 20, 400),
    isOrdered: fc.boolean(),
  });
  fc.assert(
    fc.property(seeds, paths, timings, timings, scripts, (seed, path, left, right, script) => {
      const world = new World(seed, path, left, right);
      for (const { act, afterMs } of script) {
        world.run(afterMs);
        perform(world, act);
      }
      world.path = goodPath;
      // What is still under way from before, the longest detection time, and three packets at the slow pace.
      for (const side of world.sides()) if (side.engine === undefined) world.start(side);
      for (const side of world.sides()) side.engine?.enable(world.nowMs, 'asked');
      world.run(25_000);
      assert.deepEqual(
        world.sides().map((side) => side.isUp),
        [true, true],
      );
    }),
    { numRuns: 400 },
  );
});

test('interval changes alone never end a session, and both sides agree on the intervals in the end', () => {
  const changes = fc.array(
    fc.record({
      act: fc.record({ kind: fc.constantFrom('tx', 'rx'), side: sideNames, ms: intervals }),
      afterMs: fc.integer({ min: 0, max: 3000 }),
    }),
    { minLength: 1, maxLength: 25 },
  );
  fc.assert(
    fc.property(seeds, timings, timings, changes, (seed, left, right, script) => {
      const world = new World(seed, goodPath, left, right);
      world.run(10_000);
      const wanted = { left: { ...left }, right: { ...right } };
      for (const { act, afterMs } of script) {
        perform(world, act);
        wanted[act.side][act.kind === 'tx' ? 'minTxMs' : 'minRxMs'] = act.ms;
        world.run(afterMs);
      }
      world.run(30_000);
      for (const name of ['left', 'right'] as const) {
        const [own, peer] = [wanted[name], wanted[name === 'left' ? 'right' : 'left']];
        const side = world[name];
        assert.deepEqual([side.upCount, side.downCount], [1, 0], `${name} came up once and stayed`);
        assert.equal(side.engine?.transmitIntervalMs(), Math.max(own.minTxMs, peer.minRxMs));
        assert.equal(side.engine.detectionTimeMs(), peer.multiplier * Math.max(own.minRxMs, peer.minTxMs));
      }
    }),
    { numRuns: 400 },
  );
});

test('the death of a peer is seen within the detection time after its last packet', () => {
  fc.assert(
    fc.property(seeds, timings, timings, fc.integer({ min: 0, max: 3000 }), (seed, left, right, waitMs) => {
      const world = new World(seed, goodPath, left, right);
      world.run(15_000 + waitMs);
      assert.ok(world.left.isUp && world.right.isUp);
      const detectionMs = world.left.engine?.detectionTimeMs() ?? 0;
      world.right.engine = undefined;
      world.run(detectionMs + 5);
      assert.deepEqual([world.left.isUp, world.left.downCount], [false, 1]);
    }),
  );
});
