import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAnswerer } from './answerer.ts';
import { ask, generationOf } from './serving.fixture.ts';

test('an answer from static data allocates nothing', () => {
  const fixture = fileURLToPath(new URL('allocation.fixture.ts', import.meta.url));
  // Room for everything that a round could allocate, so that the collector does not hide it.
  const flags = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
  const lines = execFileSync(process.execPath, [...flags, fixture], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.equal(lines.length, 44);
  // A number that V8 must put on the heap takes 16 octets, an object more.
  assert.deepEqual(
    lines.filter((line) => !(Number.parseFloat(line) < 4)),
    [],
  );
});

test('the image of a generation that was replaced leaves the memory, whatever was answered from it', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  const zone = '@ 300 SOA ns1 admin 7 3600 600 86400 60\n@ 300 NS ns1\nns1 300 A 192.0.2.53\n';
  const chain = 'a 300 CNAME b\nb 300 CNAME c\nc 300 CNAME ns1\n';
  const answerer = createAnswerer(generationOf(zone + chain));
  const old = new WeakRef(answerer.generation.image.bytes);
  ask(answerer, 'a.example.com. A');
  answerer.swap(generationOf(zone));
  ask(answerer, 'ns1.example.com. A');
  // What a weak reference was asked for stays until the turn ends.
  for (let turn = 0; turn < 100 && old.deref() !== undefined; turn++) {
    await setImmediate();
    Reflect.apply(collect, undefined, []);
  }
  assert.equal(old.deref(), undefined);
});
