import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { present } from '#base/assert.ts';
import { ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { RateLimit, RateVerdict } from './rate-limiter.ts';

const key = Uint8Array.from({ length: 16 }, (_, index) => index * 11);
const usual: RateLimit = { responsesPerSecond: 50, burst: 125, slip: 2, exempt: [] };
const startMs = 1_770_000_000_000;

const addressOf = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));
const prefixOf = (text: string): RateLimit['exempt'][number] => present(parsePrefix(text), text);
const bufferOf = (slots: number): SharedArrayBuffer => new SharedArrayBuffer(RateLimiter.bufferBytes(slots));
const limiterOf = (limit: Partial<RateLimit> = {}, slots = 65_536): RateLimiter =>
  new RateLimiter(bufferOf(slots), { ...usual, ...limit }, key);

/** Asks at an even pace for `seconds`, taking turns among the addresses, and counts the responses sent. */
function sentAtPace(
  limiter: RateLimiter,
  addresses: readonly Uint8Array[],
  pace: { readonly fromMs: number; readonly perSecond: number; readonly seconds: number },
): number {
  let sent = 0;
  for (let index = 0; index < pace.perSecond * pace.seconds; index++) {
    const address = present(addresses[index % addresses.length], 'an address');
    if (limiter.judge(address, pace.fromMs + Math.floor((index * 1000) / pace.perSecond)) === 'send') sent++;
  }
  return sent;
}

/** Asks `count` times at one moment and counts the responses sent. */
function sentAtOnce(limiter: RateLimiter, address: Uint8Array, atMs: number, count: number): number {
  let sent = 0;
  for (let index = 0; index < count; index++) if (limiter.judge(address, atMs) === 'send') sent++;
  return sent;
}

function assertAbout(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) <= expected * 0.1, `${value} is within a tenth of ${expected}`);
}

for (const client of ['192.0.2.1', '2001:db8::1']) {
  test(`a steady client below the limit is never limited (${client})`, () => {
    const pace = { fromMs: startMs, perSecond: 49, seconds: 600 };
    assert.equal(sentAtPace(limiterOf(), [addressOf(client)], pace), 49 * 600);
  });

  test(`a client above the limit gets the burst and then the rate (${client})`, () => {
    const limiter = limiterOf();
    const address = addressOf(client);
    assert.equal(sentAtOnce(limiter, address, startMs, 1000), 125);
    // A count decays: the rate holds for a full one, which it stays under a steady load.
    assertAbout(sentAtPace(limiter, [address], { fromMs: startMs, perSecond: 2000, seconds: 20 }), 50 * 20);
  });

  test(`after silence the burst is back (${client})`, () => {
    const limiter = limiterOf();
    const address = addressOf(client);
    for (let round = 0; round < 5; round++) {
      assert.equal(sentAtOnce(limiter, address, startMs + round * 60_000, 300), 125, `round ${round}`);
    }
  });
}

const limits: readonly (readonly [number, number])[] = [
  [1, 1],
  [5, 1],
  [50, 2],
  [10, 1000],
  [5000, 200],
  [0.1, 3],
  [20, 10_000],
];
for (const [responsesPerSecond, burst] of limits) {
  test(`the rate holds for ${responsesPerSecond} a second with a burst of ${burst}`, () => {
    const limiter = limiterOf({ responsesPerSecond, burst });
    const address = addressOf('198.51.100.7');
    assert.equal(sentAtOnce(limiter, address, startMs, burst + 10), burst);
    const seconds = Math.ceil(200 / responsesPerSecond);
    const perSecond = Math.ceil(responsesPerSecond * 20);
    assertAbout(sentAtPace(limiter, [address], { fromMs: startMs, perSecond, seconds }), responsesPerSecond * seconds);
  });
}

/** The multiples that Knot DNS documents for its prefixes, with as many sources as it takes to reach each. */
const prefixes: readonly (readonly [string, number, number, (index: number) => string])[] = [
  ['/24', 32, 256, (index) => `203.0.113.${index}`],
  ['/20', 256, 4096, (index) => `203.0.${index >> 8}.${index & 255}`],
  ['/18', 768, 16_384, (index) => `203.0.${index >> 8}.${index & 255}`],
  ['/64', 2, 1000, (index) => `2001:db8:1:2::${index.toString(16)}`],
  ['/56', 3, 256, (index) => `2001:db8:1:${index.toString(16)}::1`],
  ['/48', 4, 1000, (index) => `2001:db8:1:${(index * 61).toString(16)}::1`],
  ['/32', 64, 1000, (index) => `2001:db8:${(index * 61).toString(16)}::1`],
];
for (const [name, multiple, sourceCount, addressAt] of prefixes) {
  test(`a ${name} full of sources is limited as one, to ${multiple} times the rate`, () => {
    const limiter = limiterOf({ responsesPerSecond: 5, burst: 10 }, 262_144);
    const sources = Array.from({ length: sourceCount }, (_, index) => addressOf(addressAt(index)));
    let burst = 0;
    // Each source stays below its own burst; turns of the list, so that no narrower prefix is full first.
    for (let turn = 0; turn < 8; turn++) {
      for (const source of sources) if (limiter.judge(source, startMs) === 'send') burst++;
    }
    assertAbout(burst, 10 * multiple);
    const rate = 5 * multiple;
    assertAbout(sentAtPace(limiter, sources, { fromMs: startMs, perSecond: rate * 3, seconds: 10 }), rate * 10);
  });
}

test('one abuser limits no stranger', () => {
  const limiter = limiterOf();
  const abuser = addressOf('192.0.2.1');
  const random = createPrng(1);
  let abuserSent = 0;
  for (let ms = 0; ms < 20_000; ms++) {
    abuserSent += sentAtOnce(limiter, abuser, startMs + ms, 20);
    const stranger = Uint8Array.from({ length: ms % 2 === 0 ? 4 : 16 }, () => random.below(256));
    assert.equal(limiter.judge(stranger, startMs + ms), 'send');
  }
  assert.ok(abuserSent < 125 + 50 * 20 * 1.1);
  assert.equal(limiter.judge(addressOf('192.0.2.2'), startMs + 20_000), 'send');
});

test('an address of one family says nothing about the other with the same octets', () => {
  const limiter = limiterOf({ responsesPerSecond: 1, burst: 1 });
  assert.equal(sentAtOnce(limiter, addressOf('32.1.13.184'), startMs, 500), 1);
  assert.equal(limiter.judge(addressOf('2001:db8::'), startMs), 'send');
});

test('exempt clients are never limited, and do not use up what their neighbours may get', () => {
  const exempt = ['192.0.2.0/25', '2001:db8:6::/47', '198.51.100.9/32', '::1/128'].map(prefixOf);
  const limiter = limiterOf({ exempt });
  for (const inside of ['192.0.2.0', '192.0.2.127', '2001:db8:6:ffff::1', '2001:db8:7::', '198.51.100.9', '::1']) {
    assert.equal(sentAtOnce(limiter, addressOf(inside), startMs, 10_000), 10_000, inside);
  }
  for (const outside of ['192.0.2.128', '2001:db8:8::', '2001:db8:5::', '198.51.100.8', '::2']) {
    assert.equal(sentAtOnce(limiter, addressOf(outside), startMs, 1000), 125, outside);
  }
  const everyone = limiterOf({ exempt: [prefixOf('0.0.0.0/0')] });
  assert.equal(sentAtOnce(everyone, addressOf('192.0.2.1'), startMs, 1000), 1000);
  assert.equal(sentAtOnce(everyone, addressOf('2001:db8::1'), startMs, 1000), 125);
});

const cadences: readonly (readonly [number, readonly RateVerdict[]])[] = [
  [0, ['drop', 'drop', 'drop', 'drop', 'drop', 'drop']],
  [1, ['slip', 'slip', 'slip', 'slip', 'slip', 'slip']],
  [2, ['drop', 'slip', 'drop', 'slip', 'drop', 'slip']],
  [3, ['drop', 'drop', 'slip', 'drop', 'drop', 'slip']],
];
for (const [slip, expected] of cadences) {
  test(`with slip ${slip} the limited responses go ${expected.slice(0, 3).join(', ')} and so on`, () => {
    const limiter = limiterOf({ slip });
    const address = addressOf('192.0.2.1');
    sentAtOnce(limiter, address, startMs, 125);
    assert.deepEqual(
      expected.map(() => limiter.judge(address, startMs)),
      expected,
    );
  });
}

test('two limiters over the same buffer act as one', () => {
  const buffer = bufferOf(1024);
  const limiters = [new RateLimiter(buffer, usual, key), new RateLimiter(buffer, usual, key)];
  const address = addressOf('192.0.2.1');
  let sent = 0;
  for (let index = 0; index < 1000; index++) {
    if (present(limiters[index % 2], 'a limiter').judge(address, startMs) === 'send') sent++;
  }
  assert.equal(sent, 125);
});

test('threads that answer at the same time send together what one may', { timeout: 60_000 }, async () => {
  const shared = { buffer: bufferOf(1024), limit: { ...usual, responsesPerSecond: 1000, burst: 1000 }, key, startMs };
  // The first word opens the gate, the second counts all calls: 3000 to the millisecond.
  const control = new SharedArrayBuffer(8);
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { RateLimiter } from ${JSON.stringify(new URL('./rate-limiter.ts', import.meta.url).href)};
    const { buffer, limit, key, startMs, control } = workerData;
    const words = new Int32Array(control);
    const limiter = new RateLimiter(buffer, limit, key);
    const address = Uint8Array.of(192, 0, 2, 1);
    parentPort.postMessage('ready');
    Atomics.wait(words, 0, 0);
    let sent = 0;
    for (;;) {
      const call = Atomics.add(words, 1, 1);
      if (call >= 600_000) break;
      if (limiter.judge(address, startMs + Math.floor(call / 3000)) === 'send') sent++;
    }
    parentPort.postMessage(sent);
  `;
  const module = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const workers = [0, 1, 2].map(() => new Worker(module, { workerData: { ...shared, control } }));
  const next = (worker: Worker): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  await Promise.all(workers.map(next));
  const counts = Promise.all(workers.map(next));
  Atomics.store(new Int32Array(control), 0, 1);
  Atomics.notify(new Int32Array(control), 0);
  let sent = 0;
  for (const count of await counts) sent += Number(count);
  assertAbout(sent, 1000 + 200);
});

test('a clock that goes backwards is harmless', () => {
  const address = addressOf('192.0.2.1');
  for (const backMs of [1, 999, 1000, 1001, 60_000, 86_400_000, startMs]) {
    const limiter = limiterOf();
    sentAtOnce(limiter, address, startMs, 200);
    const pace = { fromMs: startMs - backMs, perSecond: 1000, seconds: 30 };
    const sent = sentAtPace(limiter, [address], pace);
    assert.ok(sent >= 50 * 29 * 0.9 && sent <= 125 + 50 * 30 * 1.1, `${backMs} ms back: ${sent} sent`);
  }
});

test('a clock that leaps, and one that wraps its 32 bits, forgets what was counted', () => {
  const address = addressOf('192.0.2.1');
  for (const leapMs of [3_600_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 60_000]) {
    const limiter = limiterOf();
    assert.equal(sentAtOnce(limiter, address, startMs, 200), 125);
    assert.equal(sentAtOnce(limiter, address, startMs + leapMs, 200), 125, `${leapMs} ms later`);
  }
  const limiter = limiterOf();
  const wrapMs = 2 ** 31 * 825;
  sentAtOnce(limiter, address, wrapMs - 10_000, 200);
  assertAbout(sentAtPace(limiter, [address], { fromMs: wrapMs - 10_000, perSecond: 1000, seconds: 20 }), 50 * 20);
});

test('a table far too small for its clients limits too much rather than too little', () => {
  const limiter = limiterOf({}, 1);
  const random = createPrng(2);
  let sent = 0;
  for (let index = 0; index < 200_000; index++) {
    const address = Uint8Array.from({ length: 4 }, () => random.below(256));
    if (limiter.judge(address, startMs + Math.floor(index / 20)) === 'send') sent++;
  }
  // No slot passes more than a burst and the rate, whoever uses it; the smallest table has 16.
  assert.ok(sent > 0 && sent <= 16 * (125 + 50 * 10) * 1.1, `${sent} were sent`);
});

test('the widths of one address never share a slot, however small the table', () => {
  for (let last = 0; last < 256; last++) {
    const limiter = limiterOf({ burst: 1 }, 1);
    assert.equal(sentAtOnce(limiter, Uint8Array.of(192, 0, 2, last), startMs, 10), 1, `192.0.2.${last}`);
  }
});

test('any addresses at any times get a verdict, and at one moment no address gets more than the burst', () => {
  const octets = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
  // Few enough addresses for some to come again.
  const anyAddress = fc.oneof(
    fc.integer({ min: 0, max: 9 }).map((last) => Uint8Array.of(192, 0, 2, last)),
    octets(4),
    octets(16),
  );
  const anyTime = fc.oneof(fc.integer({ min: 0, max: 2 ** 43 }), fc.double(), fc.constant(startMs));
  const anyLimit = fc.record({
    responsesPerSecond: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    burst: fc.integer({ min: 1, max: 10_000 }),
    slip: fc.integer({ min: 0, max: 10 }),
    exempt: fc.constant([]),
  });
  const queries = fc.array(fc.tuple(anyAddress, anyTime), { maxLength: 300 });
  fc.assert(
    fc.property(anyLimit, fc.integer({ min: 1, max: 5000 }), queries, anyTime, (limit, slots, asked, endMs) => {
      const limiter = new RateLimiter(bufferOf(slots), limit, key);
      for (const [address, unixMs] of asked) {
        assert.ok(['send', 'slip', 'drop'].includes(limiter.judge(address, unixMs)));
      }
      const burst = Math.min(limit.burst, 200);
      const roomy = new RateLimiter(bufferOf(65_536), { ...limit, burst }, key);
      const sent = new Map<string, number>();
      for (const [address] of [...asked, ...asked]) {
        if (roomy.judge(address, endMs) !== 'send') continue;
        sent.set(address.join('.'), (sent.get(address.join('.')) ?? 0) + 1);
      }
      assert.ok([...sent.values()].every((count) => count <= burst));
    }),
    { numRuns: 200 },
  );
});

test('a table has a slot for every prefix asked for, and what cannot be is refused', () => {
  assert.equal(RateLimiter.bufferBytes(1), 256);
  assert.equal(RateLimiter.bufferBytes(65_536), 1_048_576);
  assert.equal(RateLimiter.bufferBytes(65_537), 2_097_152);
  for (const slots of [0, -1, Number.NaN, 2 ** 26 + 1]) assert.throws(() => RateLimiter.bufferBytes(slots));
  assert.throws(() => new RateLimiter(new SharedArrayBuffer(384), usual, key), /bufferBytes/);
  assert.throws(() => new RateLimiter(new SharedArrayBuffer(0), usual, key), /bufferBytes/);
  assert.throws(() => new RateLimiter(bufferOf(64), usual, new Uint8Array(8)), /16 octets/);
  const refused: readonly Partial<RateLimit>[] = [
    { responsesPerSecond: 0 },
    { burst: 0 },
    { burst: 1.5 },
    { slip: -1 },
  ];
  for (const limit of refused) assert.throws(() => limiterOf(limit), JSON.stringify(limit));
});
