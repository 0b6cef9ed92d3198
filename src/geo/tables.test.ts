import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

test('finding the class and scope of an address allocates nothing', () => {
  const fixture = fileURLToPath(new URL('allocation.fixture.ts', import.meta.url));
  // Room for everything that a round could allocate, so that the collector does not hide it.
  const flags = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
  const lines = execFileSync(process.execPath, [...flags, fixture], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.equal(lines.length, 7);
  // A number that V8 must put on the heap takes 16 octets, an object more.
  assert.deepEqual(
    lines.filter((line) => !(Number.parseFloat(line) < 4)),
    [],
  );
});
