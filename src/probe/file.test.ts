import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { checkOf, run } from './checks.fixture.ts';
import { createProber } from './prober.ts';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-file-'));
  context.after(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

test('a file says up or down and why; anything else is no evidence (R3)', async (context) => {
  const path = join(folder(context), 'www');
  const read = async (text: string | undefined) => {
    if (text !== undefined) writeFileSync(path, text);
    return run(checkOf({ kind: 'file', path }, 1));
  };
  assert.equal((await read(undefined)).unable, true);
  assert.deepEqual(await read('up\n'), { passed: true, reason: `${path} says up` });
  assert.deepEqual(await read(' DOWN: new disk\nup\n'), { passed: false, reason: `${path} says down: new disk` });
  for (const text of ['', 'upper', 'maybe', '\0']) assert.equal((await read(text)).unable, true, text);
});

test('a FIFO or a directory in its place is not waited for', async (context) => {
  const path = join(folder(context), 'fifo');
  execFileSync('mkfifo', [path]);
  assert.match((await run(checkOf({ kind: 'file', path }, 1))).reason, /is no plain file$/);
  assert.match((await run(checkOf({ kind: 'file', path: tmpdir() }, 1))).reason, /is no plain file$/);
});

test('a change is noticed at once, also where another file takes the name', async (context) => {
  const path = join(folder(context), 'www');
  writeFileSync(path, 'up');
  let heard = Promise.withResolvers<boolean>();
  const prober = createProber({
    onResult: ({ passed }) => {
      if (!passed) heard.resolve(passed);
    },
  });
  context.after(() => prober.close());
  prober.replace([checkOf({ kind: 'file', path }, 1, { intervalMs: 3_600_000 })]);
  await prober.roundComplete();
  writeFileSync(path, 'down');
  assert.equal(await heard.promise, false);
  heard = Promise.withResolvers();
  writeFileSync(`${path}.new`, 'down again');
  renameSync(`${path}.new`, path);
  assert.equal(await heard.promise, false);
});
