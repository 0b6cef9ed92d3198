import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { publish, storeConformance } from '../conformance.fixture.ts';
import { openEmbeddedStore } from './sqlite-store.ts';

function stateDirectory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

storeConformance('embedded', async (context) => {
  const directory = stateDirectory(context);
  let store = openEmbeddedStore(directory);
  context.after(() => store.close());
  return {
    get writer() {
      return store;
    },
    reader: () => store,
    restartReader: async () => {
      await store.close();
      store = openEmbeddedStore(directory);
    },
    cut: () => Promise.resolve(),
    heal: () => Promise.resolve(),
  };
});

test('a second process on the same state directory is refused with the path and the reason', async (context) => {
  const directory = stateDirectory(context);
  const store = openEmbeddedStore(directory);
  await publish(store, 'x');
  assert.throws(
    () => openEmbeddedStore(directory),
    /cannot open the release store .*store\.db: .*another process holds it/,
  );
  await store.close();
});

test('an object that was damaged on disk is missed, not believed, and putting it again mends it', async (context) => {
  const directory = stateDirectory(context);
  const store = openEmbeddedStore(directory);
  const head = await publish(store, 'sound');
  await store.close();
  const database = new DatabaseSync(join(directory, 'store.db'));
  database.prepare('UPDATE objects SET bytes = ?').run(new TextEncoder().encode('soun'));
  database.close();
  const again = openEmbeddedStore(directory);
  context.after(() => again.close());
  assert.equal(await again.getObject(head.release), undefined);
  await again.putObject(new TextEncoder().encode('sound'));
  assert.notEqual(await again.getObject(head.release), undefined);
});

test('a file that is no database is refused with its path', (context) => {
  const directory = stateDirectory(context);
  writeFileSync(join(directory, 'store.db'), 'x'.repeat(5000));
  assert.throws(
    () => openEmbeddedStore(directory),
    /cannot open the release store .*store\.db: file is not a database/,
  );
});

test(
  'a process killed while it publishes has lost nothing that it said was kept',
  { timeout: 20_000 },
  async (context) => {
    const directory = stateDirectory(context);
    const program = fileURLToPath(new URL('crash.fixture.ts', import.meta.url));
    const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      said = Number(line);
      if (said === 20) child.kill('SIGKILL');
    }
    const store = openEmbeddedStore(directory);
    context.after(() => store.close());
    const head = await store.head();
    assert.ok(said >= 20 && (head?.sequence ?? 0) >= said, `said ${said}, kept ${head?.sequence ?? 0}`);
    assert.notEqual(await store.getObject(head?.release ?? ''), undefined);
  },
);

test('the newest head wins by epoch before sequence', async (context) => {
  const store = openEmbeddedStore(stateDirectory(context));
  context.after(() => store.close());
  const first = await publish(store, 'x');
  const promoted = { ...first, epoch: 2, sequence: 1 };
  assert.equal((await store.advance(first, promoted)).ok, true);
  assert.deepEqual(await store.head(), promoted);
  assert.deepEqual(await store.log({ epoch: 1, sequence: 5 }), [promoted]);
});
