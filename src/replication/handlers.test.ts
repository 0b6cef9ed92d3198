import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { refuse, succeed } from '#base/result.ts';
import { openEmbeddedStore } from './embedded/sqlite-store.ts';
import { createReplicationHandlers } from './handlers.ts';
import type { ReplicationHandlers, ReplicationOptions } from './handlers.ts';

function build(context: TestContext, more: Partial<ReplicationOptions> = {}): ReplicationHandlers {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-handlers-'));
  const store = openEmbeddedStore(directory);
  context.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return createReplicationHandlers({
    store,
    role: { kind: 'writer' },
    recheck: () => [],
    unixMs: () => 1_790_000_000_000,
    ...more,
  });
}

const textRelease = (text: string) => () => Promise.resolve(succeed(new TextEncoder().encode(text)));
const badRelease = () => Promise.resolve(refuse(['bad:1:1: not good', 'bad:2:1: worse']));
const who = { who: 'ann', reason: 'because' };
const signal = new AbortController().signal;

async function applied(handlers: ReplicationHandlers, text: string): Promise<string> {
  const result = await handlers.applyRelease({ release: textRelease(text), ...who });
  assert.ok(result.ok);
  return `${result.value.head.epoch}.${result.value.head.sequence} ${result.value.changed ? 'new' : 'same'}`;
}

test('applying makes the next head, and applying the same again changes nothing', async (context) => {
  const handlers = build(context);
  assert.equal(await applied(handlers, 'one'), '1.1 new');
  assert.equal(await applied(handlers, 'two'), '1.2 new');
  assert.equal(await applied(handlers, 'two'), '1.2 same');
  const [newest, oldest] = await handlers.history();
  assert.equal(newest?.author, 'ann');
  assert.equal(newest.reason, 'because');
  assert.equal(newest.previous, oldest?.release);
});

test('a bad release is refused with every problem, and nothing moves', async (context) => {
  const handlers = build(context);
  const result = await handlers.applyRelease({ release: badRelease, ...who });
  assert.deepEqual(result.ok || result.fault, {
    status: 422,
    code: 'bad-release',
    message: 'the release is refused: 2 problems',
    problems: ['bad:1:1: not good', 'bad:2:1: worse'],
  });
  assert.deepEqual(await handlers.history(), []);
});

test('applying on another head than was expected is a conflict', async (context) => {
  const handlers = build(context);
  await applied(handlers, 'one');
  const result = await handlers.applyRelease({ release: textRelease('two'), ...who, expected: '0.0' });
  assert.equal(result.ok || result.fault.code, 'conflict');
  assert.ok((await handlers.applyRelease({ release: textRelease('two'), ...who, expected: '1.1' })).ok);
});

test('a rollback is a new head on the earlier release, so that followers take it as newer', async (context) => {
  const handlers = build(context);
  for (const text of ['one', 'two', 'three']) await applied(handlers, text);
  const back = await handlers.rollback(who);
  assert.ok(back.ok);
  const [current, third, second, first] = await handlers.history();
  assert.equal(current?.sequence, 4);
  assert.equal(current.release, second?.release);
  assert.equal(current.previous, third?.release);
  assert.equal(current.reason, 'rollback to 1.2: because');
  const further = await handlers.rollback({ ...who, to: '1.1' });
  assert.equal(further.ok && further.value.head.release, first?.release);
});

for (const [name, to, code] of [
  ['a head that is not there', '1.9', 'no-release'],
  ['text that is no head', 'x', 'no-release'],
  ['the release in force', '1.1', 'unchanged'],
  ['before the first', undefined, 'no-release'],
] as const) {
  test(`a rollback to ${name} is refused`, async (context) => {
    const handlers = build(context);
    await applied(handlers, 'one');
    const result = await handlers.rollback({ ...who, to });
    assert.equal(result.ok || result.fault.code, code);
    assert.equal((await handlers.history()).length, 1);
  });
}

test('a rollback to a release that may no longer run is refused with its problems', async (context) => {
  const handlers = build(context, { recheck: () => ['sites/fra.yaml:1:1: gone'] });
  await applied(handlers, 'one');
  await applied(handlers, 'two');
  const result = await handlers.rollback(who);
  assert.deepEqual(result.ok || result.fault.problems, ['sites/fra.yaml:1:1: gone']);
});

test('a follower moves no head and names the writer', async (context) => {
  const handlers = build(context, { role: { kind: 'follower', writers: ['http://192.0.2.1:8053'] } });
  for (const result of [
    await handlers.applyRelease({ release: textRelease(''), ...who }),
    await handlers.rollback(who),
  ]) {
    assert.equal(result.ok || result.fault.status, 421);
    assert.match(result.ok ? '' : result.fault.message, /follows http:\/\/192\.0\.2\.1:8053/);
  }
});

test('heads newer than a given one are told at once, and a poll waits for the next', async (context) => {
  const handlers = build(context);
  await applied(handlers, 'one');
  const all = await handlers.handleHeads({ since: undefined, waitMs: 0, signal });
  assert.equal(all.ok && all.value.length, 1);
  const next = handlers.handleHeads({ since: '1.1', waitMs: 60_000, signal });
  await applied(handlers, 'two');
  const told = await next;
  assert.equal(told.ok && told.value[0]?.sequence, 2);
});

test('a poll ends empty when its wait is over or its caller is gone', async (context) => {
  const handlers = build(context);
  assert.deepEqual(await handlers.handleHeads({ since: '0.0', waitMs: 5, signal }), succeed([]));
  const caller = new AbortController();
  const poll = handlers.handleHeads({ since: '0.0', waitMs: 60_000, signal: caller.signal });
  caller.abort();
  assert.deepEqual(await poll, succeed([]));
});

test('a malformed and a future position are refused', async (context) => {
  const handlers = build(context);
  const malformed = await handlers.handleHeads({ since: '1', waitMs: 0, signal });
  assert.equal(malformed.ok || malformed.fault.code, 'bad-request');
  const future = await handlers.handleHeads({ since: '7.1', waitMs: 0, signal });
  assert.equal(future.ok || future.fault.code, 'behind');
});
