import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { headAfter, publish, storeConformance, waitForHead } from './conformance.fixture.ts';
import { openEmbeddedStore } from './embedded/sqlite-store.ts';
import { startFollower } from './follower.ts';
import type { Follower, FollowerEvent, FollowerOptions } from './follower.ts';
import type { Head } from './head.ts';
import { serveStore, token } from './http-bench.fixture.ts';
import { createHttpSource } from './http-source.ts';
import type { ReplicationSource } from './http-source.ts';
import type { ConfigStore } from './store.ts';

const quick = { waitMs: 300, retryMs: { min: 5, max: 20 } };

function openStore(context: TestContext): ConfigStore {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-follower-'));
  const store = openEmbeddedStore(directory);
  context.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

storeConformance('follower over HTTP', async (context) => {
  const writer = openStore(context);
  const server = await serveStore(writer);
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-follower-'));
  let local = openEmbeddedStore(directory);
  const follow = (): Follower =>
    startFollower({
      store: local,
      sources: [createHttpSource(server.url, token)],
      onHead: () => undefined,
      onEvent: () => undefined,
      prng: createPrng(1),
      ...quick,
    });
  let follower = follow();
  context.after(async () => {
    await follower.close();
    await server.close();
    await local.close();
    rmSync(directory, { recursive: true });
  });
  return {
    writer,
    reader: () => local,
    restartReader: async () => {
      await follower.close();
      await local.close();
      local = openEmbeddedStore(directory);
      follower = follow();
    },
    cut: () => server.cut(),
    heal: () => server.heal(),
  };
});

interface Watched {
  readonly follower: Follower;
  readonly store: ConfigStore;
  readonly events: readonly FollowerEvent[];
  readonly heads: readonly Head[];
  /** Resolves with the first event, past or to come, whose text matches. */
  readonly event: (pattern: RegExp) => Promise<FollowerEvent>;
}

function watched(
  context: TestContext,
  sources: readonly ReplicationSource[],
  more: Partial<FollowerOptions> = {},
): Watched {
  const store = more.store ?? openStore(context);
  const events: FollowerEvent[] = [];
  const heads: Head[] = [];
  const waiting = new Set<() => void>();
  const follower = startFollower({
    store,
    sources,
    onHead: (head) => heads.push(head),
    onEvent: (event) => {
      events.push(event);
      for (const wake of waiting) wake();
    },
    prng: createPrng(1),
    ...quick,
    ...more,
  });
  context.after(() => follower.close());
  const event = async (pattern: RegExp): Promise<FollowerEvent> => {
    for (;;) {
      const found = events.find(({ text }) => pattern.test(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  return { follower, store, events, heads, event };
}

/** A source that gives what a function says, without a network. */
function scripted(name: string, script: Partial<ReplicationSource>): ReplicationSource {
  return {
    name,
    heads: async ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
    object: () => Promise.reject(new Error('no object')),
    reset: () => undefined,
    close: () => Promise.resolve(),
    ...script,
  };
}

const limit = { timeout: 20_000 };

test('the release is on disk when the follower tells of it', limit, async (context) => {
  const writer = openStore(context);
  const server = await serveStore(writer);
  context.after(() => server.close());
  const head = await publish(writer, 'text');
  const told = Promise.withResolvers<Uint8Array | undefined>();
  const store = openStore(context);
  watched(context, [createHttpSource(server.url, token)], {
    store,
    onHead: (given, release) => {
      assert.deepEqual(given, head);
      assert.equal(new TextDecoder().decode(release), 'text');
      told.resolve(store.getObject(given.release));
    },
  });
  assert.equal(new TextDecoder().decode(await told.promise), 'text');
});

for (const [name, bytes] of [
  ['cut short', 'some byte'],
  ['changed', 'some bytez'],
  ['empty', ''],
] as const) {
  test(`an object that arrives ${name} is refused, and taken once it is sound`, limit, async (context) => {
    const writer = openStore(context);
    const server = await serveStore(writer);
    context.after(() => server.close());
    const head = await publish(writer, 'some bytes');
    server.lies.set(`/v1/objects/${head.release}`, bytes);
    const { store, heads, event } = watched(context, [createHttpSource(server.url, token)]);
    await event(/not the sha256 .*: refused/);
    assert.equal(await store.head(), undefined);
    assert.deepEqual(heads, []);
    server.lies.clear();
    await waitForHead(store, head, context.signal);
  });
}

test('an older head, replayed, is refused with both ids', limit, async (context) => {
  const writer = openStore(context);
  const server = await serveStore(writer);
  context.after(() => server.close());
  const first = await publish(writer, 'first');
  const second = await publish(writer, 'second');
  const { store, heads, event } = watched(context, [createHttpSource(server.url, token)]);
  await waitForHead(store, second, context.signal);
  server.lies.set('/v1/heads', JSON.stringify({ heads: [first] }));
  await event(/gave head 1\.1, which is not newer than 1\.2: refused/);
  assert.deepEqual(await store.head(), second);
  assert.deepEqual(heads, [second]);
});

test('a writer that lost its store is told of, and moves nothing', limit, async (context) => {
  const store = openStore(context);
  await publish(store, 'first');
  const second = await publish(store, 'second');
  const amnesiac = openStore(context);
  await publish(amnesiac, 'from the beginning');
  const server = await serveStore(amnesiac);
  context.after(() => server.close());
  const { event } = watched(context, [createHttpSource(server.url, token)], { store });
  await event(/answered 409: head 1\.2 is newer than 1\.1/);
  assert.deepEqual(await store.head(), second);
});

test('an answer that is no list of heads is refused', limit, async (context) => {
  const server = await serveStore(openStore(context));
  context.after(() => server.close());
  server.lies.set('/v1/heads', '{"heads":[{"epoch":"1"}]}');
  const { event } = watched(context, [createHttpSource(server.url, token)]);
  await event(/holds no heads as expected/);
});

test('a wrong token is told of with the answer', limit, async (context) => {
  const server = await serveStore(openStore(context));
  context.after(() => server.close());
  const { event } = watched(context, [createHttpSource(server.url, 'wrong')]);
  await event(/answered 401: no token/);
});

test('while the first source is gone the second serves, and losing one is told once', limit, async (context) => {
  const writer = openStore(context);
  const server = await serveStore(writer);
  context.after(() => server.close());
  const gone = scripted('http://gone', { heads: () => Promise.reject(new Error('refused')) });
  const { store, events } = watched(context, [gone, createHttpSource(server.url, token)]);
  await waitForHead(store, await publish(writer, 'one'), context.signal);
  await waitForHead(store, await publish(writer, 'two'), context.signal);
  assert.equal(events.filter(({ text }) => text.includes('http://gone')).length, 1);
});

test(
  'a release that cannot run here is not stored nor asked for again, and the next one is taken',
  limit,
  async (context) => {
    const writer = openStore(context);
    const server = await serveStore(writer);
    context.after(() => server.close());
    const judged: string[] = [];
    const { store, event, events } = watched(context, [createHttpSource(server.url, token)], {
      refuseRelease: (release) => {
        const text = new TextDecoder().decode(release);
        judged.push(text);
        return text === 'bad' ? 'it does not name this site' : undefined;
      },
    });
    await publish(writer, 'bad');
    await event(/release 1\.1 cannot run here, what ran stays: it does not name this site/);
    assert.equal(await store.head(), undefined);
    await waitForHead(store, await publish(writer, 'good'), context.signal);
    assert.deepEqual(judged, ['bad', 'good']);
    assert.equal(events.filter(({ kind }) => kind === 'refused').length, 1);
  },
);

test('a newer head that peers keep telling of ends a poll that hangs', limit, async (context) => {
  const release = new TextEncoder().encode('text');
  const store = openStore(context);
  const head = headAfter(undefined, await store.putObject(release));
  const calls: string[] = [];
  const hanging = Promise.withResolvers<undefined>();
  const source = scripted('http://writer', {
    heads: ({ signal }) => {
      calls.push('heads');
      if (calls.includes('reset')) return Promise.resolve([head]);
      hanging.resolve(undefined);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
    },
    reset: () => calls.push('reset'),
  });
  const { follower } = watched(context, [source], { store, waitMs: 600_000 });
  await hanging.promise;
  const hints = setInterval(() => {
    follower.hint(head);
  }, 100);
  context.after(() => {
    clearInterval(hints);
  });
  await waitForHead(store, head, context.signal);
  assert.deepEqual(calls.slice(0, 3), ['heads', 'reset', 'heads']);
});
