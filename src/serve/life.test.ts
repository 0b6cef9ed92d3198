/** How the serving threads live and die with their process: real ones, since only those can be crashed and stuck. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { startChild } from './child.fixture.ts';
import { askUdp, loopback, openEcho, portOf } from './clients.fixture.ts';
import { silenceExitStatus } from './thread-end.ts';

interface ServingProcess {
  readonly process: ChildProcess;
  readonly port: number;
  readonly stderr: () => string;
}

async function start(context: TestContext, mode = 'batches'): Promise<ServingProcess> {
  const port = await freePort();
  const child = startChild(context, 'dns-process.fixture.ts', [mode, String(port)]);
  assert.equal(await child.next(), 'answering');
  assert.equal((await askUdp(port, 'x')).text, 'u:x');
  return { process: child.process, port, stderr: child.stderr };
}

for (const mode of ['batches', 'portable']) {
  for (const [word, what, status] of [
    ['throw', 'an uncaught exception', 1],
    ['exit', 'process.exit', 3],
  ] as const) {
    test(`${what} of the main thread ends the process and frees its port, ${mode}`, async (context) => {
      const { process: child, port } = await start(context, mode);
      child.send(word);
      assert.deepEqual(await once(child, 'exit'), [status, null]);
      const next = await openEcho(context, { listen: [{ ...loopback, port }] });
      assert.equal(portOf(next), port);
    });
  }

  test(`a main thread that is stuck ends the process, which says why, ${mode}`, async (context) => {
    const { process: child, port, stderr } = await start(context, mode);
    child.send('spin');
    const [status] = (await once(child, 'close')) as [number | null];
    assert.equal(status, silenceExitStatus);
    assert.match(stderr(), /the main thread has not run for 1000 ms/);
    assert.equal(portOf(await openEcho(context, { listen: [{ ...loopback, port }] })), port);
  });
}

test('a process that was suspended for longer than the limit goes on', async (context) => {
  const { process: child, port } = await start(context);
  child.kill('SIGSTOP');
  // Twice the limit of the fixture: the suspension itself is what is tested.
  await setTimeout(2000);
  child.kill('SIGCONT');
  for (let query = 0; query < 10; query++) assert.equal((await askUdp(port, 'x')).text, 'u:x');
  assert.equal(child.exitCode, null);
});
