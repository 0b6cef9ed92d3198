import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { replaceFile } from './replace-file.ts';

test('a file is replaced whole, and no temporary file is left', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-replace-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'kept');
  for (const text of ['a longer text\n', 'short\n']) {
    replaceFile(path, text);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  assert.deepEqual(readdirSync(folder), ['kept']);
});

test('a disk that takes only a part of the new file leaves the old one in place', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-replace-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'kept');
  replaceFile(path, 'old\n');
  const write = `
    import { replaceFile } from ${JSON.stringify(import.meta.resolve('./replace-file.ts'))};
    process.on('SIGXFSZ', () => undefined);
    replaceFile(${JSON.stringify(path)}, 'x'.repeat(100_000));`;
  // A limit on the size of files acts as a full disk does: a short write first, an error on the next.
  const limited = 'ulimit -f 8 && exec "$0" --input-type=module';
  const writer = spawnSync('sh', ['-c', limited, process.execPath], { input: write, encoding: 'utf8' });
  assert.match(writer.stderr, /EFBIG/);
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
});
