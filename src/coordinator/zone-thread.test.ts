import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { releaseFiles } from '#config/release-files.ts';
import { ZoneThreads } from './zone-thread.ts';

const files = releaseFiles([
  ['zones/example.zone', '$TTL 60\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n'],
  ['zones/broken.zone', 'a IN A 192.0.2.300\n'],
]);

void test('zones are read by a thread that was prepared, and by one of their own where none was', async () => {
  const threads = new ZoneThreads();
  threads.prepare();
  const [prepared, own] = await Promise.all([threads.read(files, []), threads.read(files, [])]);
  for (const { readings } of [prepared, own]) {
    assert.equal(readings.get('zones/example.zone')?.facts?.origin, 'example.');
    assert.ok((readings.get('zones/broken.zone')?.problems.length ?? 0) > 0);
  }
  assert.deepEqual(new Uint8Array(prepared.image.buffer), new Uint8Array(own.image.buffer));
});

void test('a thread that the system refuses is told by who has zones to read, not by who prepares', () => {
  const module = new URL('./zone-thread.ts', import.meta.url).href;
  const source = `const { ZoneThreads } = await import('${module}');
    const threads = new ZoneThreads();
    threads.prepare();
    threads.read(new Map(), []).catch(({ code }) => console.log(code));`;
  // Threads are not permitted.
  const flags = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', source];
  const { status, stdout } = spawnSync(process.execPath, flags, { timeout: 60_000, encoding: 'utf8' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'ERR_ACCESS_DENIED\n' });
});

void test('a thread that was prepared and never used keeps no process alive', () => {
  const module = new URL('./zone-thread.ts', import.meta.url).href;
  const source = `const { ZoneThreads } = await import('${module}'); new ZoneThreads().prepare();`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    timeout: 60_000,
    encoding: 'utf8',
  });
  assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
});
