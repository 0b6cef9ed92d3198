import assert from 'node:assert/strict';
import test from 'node:test';
import { createAnswerer } from './answerer.ts';
import type { AnswererOptions, ReplyLimiter } from './answerer.ts';
import { CookieJar } from './cookies.ts';
import { ask, exchange, generationOf, queryFor, tcp, udp } from './serving.fixture.ts';

const generation = generationOf(`
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
ns1  A 192.0.2.53
pool A 192.0.2.1
pool A 192.0.2.2
pool A 192.0.2.3
one  A 192.0.2.9
`);
const cookies = new CookieJar([new Uint8Array(16)]);

/** A limiter that says one thing, and what it was asked. */
function limiterOf(verdict: ReturnType<ReplyLimiter['judge']>): ReplyLimiter & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    judge: (address, unixMs) => {
      asked.push([[...address], unixMs]);
      return verdict;
    },
  };
}

test('records of a set go round where that is wanted, and only there', () => {
  const orders = (options: AnswererOptions): readonly string[] => {
    const answerer = createAnswerer(generation, options);
    return Array.from({ length: 4 }, () =>
      ask(answerer, 'pool.example.com. A')
        .answers.map(({ rdata }) => rdata[3])
        .join(' '),
    );
  };
  assert.deepEqual(orders({ rotates: true }), ['1 2 3', '2 3 1', '3 1 2', '1 2 3']);
  assert.deepEqual(orders({}), ['1 2 3', '1 2 3', '1 2 3', '1 2 3']);
  assert.equal(ask(createAnswerer(generation, { rotates: true }), 'one.example.com. A').answers.length, 1);
});

test('a reply that is limited is not sent, and counted as limited', () => {
  const limiter = limiterOf('drop');
  const answerer = createAnswerer(generation, { limiter });
  assert.equal(exchange(answerer, queryFor('pool.example.com. A')), undefined);
  assert.deepEqual(limiter.asked, [[[192, 0, 2, 99], 1_700_000_000_000]]);
  assert.deepEqual(answerer.counters.udp.read(), { queries: 1, limited: 1 });
});

test('a reply that slips through has TC and no records, so that a client who is real comes over TCP', () => {
  const answerer = createAnswerer(generation, { limiter: limiterOf('slip') });
  const reply = exchange(answerer, queryFor('pool.example.com. A', ''));
  assert.deepEqual([reply?.flags, reply?.questions.length, reply?.answers.length], [0x8200, 1, 0]);
  assert.equal(reply?.opt?.type, 41);
  assert.deepEqual(answerer.counters.udp.read(), { queries: 1, truncated: 1, slipped: 1, edns: 1, NOERROR: 1 });
});

test('errors are limited like answers', () => {
  const answerer = createAnswerer(generation, { limiter: limiterOf('drop') });
  for (const question of ['www.test. A', 'example.com. OPT', 'nowhere.example.com. A']) {
    assert.equal(exchange(answerer, queryFor(question)), undefined, question);
  }
});

test('TCP is never limited', () => {
  const limiter = limiterOf('drop');
  assert.equal(ask(createAnswerer(generation, { limiter }), 'pool.example.com. A', tcp).answers.length, 3);
  assert.deepEqual(limiter.asked, []);
});

test('who shows a valid cookie is not limited; one that is new, bad or of another address is', () => {
  const limiter = limiterOf('drop');
  const answerer = createAnswerer(generation, { limiter, cookies });
  const cookieOf = (from: typeof udp, ageSeconds = 0): string => {
    const made = new Uint8Array(24);
    cookies.write(new Uint8Array(8).fill(7), 0, from.address, Math.floor(from.unixMs / 1000) - ageSeconds, made, 0);
    return Buffer.from(made).toString('hex');
  };
  const answersTo = (option: string): number | undefined =>
    exchange(answerer, queryFor('pool.example.com. A', option))?.answers.length;
  const own = cookieOf(udp);
  assert.equal(answersTo(`000a0018${own}`), 3);
  // Old enough to be renewed, and valid all the same.
  assert.equal(answersTo(`000a0018${cookieOf(udp, 2000)}`), 3);
  assert.equal(limiter.asked.length, 0);
  const other = cookieOf({ ...udp, address: Uint8Array.of(192, 0, 2, 98) });
  for (const option of ['000a00080707070707070707', `000a0018${own.slice(0, -2)}ff`, `000a0018${other}`]) {
    assert.equal(answersTo(option), undefined, option);
  }
  assert.equal(limiter.asked.length, 3);
  assert.equal(answerer.counters.udp.read()['validCookies'], 2);
});

test('what is allowed by the limiter is answered as ever', () => {
  const answerer = createAnswerer(generation, { limiter: limiterOf('send') });
  assert.equal(ask(answerer, 'pool.example.com. A').answers.length, 3);
});
