import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

test('a decision makes no objects: at most the numbers that V8 must put on the heap', () => {
  const fixture = fileURLToPath(new URL('allocation.fixture.ts', import.meta.url));
  // Room for everything that a round could allocate, so that the collector does not hide it.
  const flags = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
  const lines = execFileSync(process.execPath, [...flags, fixture], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.equal(lines.length, 5);
  // A number on the heap takes 16 octets: two of the state of chance, one of a hash.
  assert.deepEqual(
    lines.filter((line) => !(Number.parseFloat(line) <= 48)),
    [],
  );
});
