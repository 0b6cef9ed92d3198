/**
 * What every ConfigStore must do, as tests to run on each engine: on one store alone, and on a store that follows
 * another over a real HTTP server, where `reader` is at the far end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Head } from './head.ts';
import type { ConfigStore } from './store.ts';

/** One engine set up for a test; `writer` and `reader` are one store where the engine has no far end. */
export interface Bench {
  readonly writer: ConfigStore;
  readonly reader: () => ConfigStore;
  /** Stops and starts whatever reads, on the same disk. */
  readonly restartReader: () => Promise<void>;
  /** Breaks and mends what lies between writer and reader. */
  readonly cut: () => Promise<void>;
  readonly heal: () => Promise<void>;
}

const encoder = new TextEncoder();

/** Puts `text` and moves the head to it. */
export async function publish(store: ConfigStore, text: string): Promise<Head> {
  const current = await store.head();
  const head = headAfter(current, await store.putObject(encoder.encode(text)));
  const advanced = await store.advance(current, head);
  assert.ok(advanced.ok);
  return head;
}

/** The head that follows `current` in its epoch. */
export function headAfter(current: Head | undefined, release: string): Head {
  return {
    epoch: current?.epoch ?? 1,
    sequence: (current?.sequence ?? 0) + 1,
    release,
    previous: current?.release ?? null,
    author: 'test',
    atUnixMs: 1_790_000_000_000,
    reason: 'a reason',
  };
}

/** Waits until the store's head is `wanted`; the test's own time limit ends the wait. */
export async function waitForHead(store: ConfigStore, wanted: Head, signal: AbortSignal): Promise<void> {
  for await (const head of store.watch(undefined, signal)) {
    if (head.epoch === wanted.epoch && head.sequence === wanted.sequence) return;
  }
  assert.fail(`head ${wanted.epoch}.${wanted.sequence} did not come`);
}

/** Runs the suite on one engine. */
export function storeConformance(name: string, open: (context: TestContext) => Promise<Bench>): void {
  const check = (title: string, body: (bench: Bench, context: TestContext) => Promise<void>): void => {
    void test(`${name}: ${title}`, { timeout: 20_000 }, async (context) => body(await open(context), context));
  };

  check('bytes are dropped that no head names, and no others', async ({ writer }) => {
    const head = await publish(writer, 'in force');
    const refused = await writer.putObject(encoder.encode('refused'));
    for (const digest of [refused, head.release, refused]) await writer.dropObject(digest);
    assert.equal(await writer.getObject(refused), undefined);
    assert.deepEqual(await writer.getObject(head.release), encoder.encode('in force'));
  });

  check('of two that move the same head, one is told of the conflict and nothing is lost', async ({ writer }) => {
    const base = await publish(writer, 'base');
    const [a, b] = [await writer.putObject(encoder.encode('a')), await writer.putObject(encoder.encode('b'))];
    const outcomes = await Promise.all([
      writer.advance(base, headAfter(base, a)),
      writer.advance(base, headAfter(base, b)),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? 'taken' : outcome.fault.kind)),
      ['taken', 'conflict'],
    );
    assert.equal((await writer.head())?.release, a);
  });

  check('a head without its release is refused', async ({ writer }) => {
    const outcome = await writer.advance(undefined, headAfter(undefined, 'f'.repeat(64)));
    assert.deepEqual(outcome.ok || outcome.fault, { kind: 'missingObject', digest: 'f'.repeat(64) });
    assert.equal(await writer.head(), undefined);
  });

  check('a head that is not newer is refused, also in a lower epoch', async ({ writer, reader }, context) => {
    const first = await publish(writer, 'first');
    const second = await publish(writer, 'second');
    await waitForHead(reader(), second, context.signal);
    for (const stale of [first, second, { ...second, epoch: 0, sequence: 9 }]) {
      const outcome = await reader().advance(second, stale);
      assert.equal(outcome.ok || outcome.fault.kind, 'stale');
    }
    assert.deepEqual(await reader().head(), second);
  });

  check('what was published is read at the far end, head and bytes', async ({ writer, reader }, context) => {
    const head = await publish(writer, 'some bytes');
    await waitForHead(reader(), head, context.signal);
    assert.deepEqual(await reader().head(), head);
    assert.equal(new TextDecoder().decode(await reader().getObject(head.release)), 'some bytes');
    assert.equal(await reader().getObject('0'.repeat(64)), undefined);
  });

  check('the same bytes and the same head delivered twice change nothing', async ({ writer, reader }, context) => {
    const head = await publish(writer, 'once');
    await waitForHead(reader(), head, context.signal);
    assert.equal(await reader().putObject(encoder.encode('once')), head.release);
    assert.equal((await reader().advance(head, head)).ok, false);
    assert.deepEqual(await reader().log(), [head]);
  });

  check('a watch resumes after a restart with what it has not seen', async (bench, context) => {
    const first = await publish(bench.writer, 'first');
    await waitForHead(bench.reader(), first, context.signal);
    await bench.restartReader();
    assert.deepEqual(await bench.reader().head(), first);
    const second = await publish(bench.writer, 'second');
    for await (const head of bench.reader().watch(first, context.signal)) {
      assert.deepEqual(head, second);
      break;
    }
  });

  check('a cut loses nothing that was there, and after it heals the newest arrives', async (bench, context) => {
    const before = await publish(bench.writer, 'before');
    await waitForHead(bench.reader(), before, context.signal);
    await bench.cut();
    await publish(bench.writer, 'meanwhile');
    const last = await publish(bench.writer, 'last');
    assert.equal(new TextDecoder().decode(await bench.reader().getObject(before.release)), 'before');
    await bench.heal();
    await waitForHead(bench.reader(), last, context.signal);
    assert.deepEqual(await bench.reader().head(), last);
  });

  check('a watch ends when it is told to', async ({ writer }) => {
    const ended = new AbortController();
    const seen: Head[] = [];
    const head = await publish(writer, 'one');
    for await (const each of writer.watch(undefined, ended.signal)) {
      seen.push(each);
      ended.abort();
    }
    assert.deepEqual(seen, [head]);
  });
}
