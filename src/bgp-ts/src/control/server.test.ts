/** What a control server does with a client that says more than it can be answered at once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Speaker } from '../speaker/speaker.ts';
import type { SpeakerSnapshot } from '../speaker/types.ts';
import { startControl } from './server.ts';

async function connectTo(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
}

test('nothing more is read from a client while one of its lines takes time, and others are answered', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bgp-ts-server-'));
  const path = join(folder, 'control');
  const speaker = new Speaker({ onEvent: () => undefined });
  const snapshot = Promise.withResolvers<SpeakerSnapshot>();
  const asked = Promise.withResolvers<undefined>();
  context.mock.method(speaker, 'snapshot', () => {
    asked.resolve(undefined);
    return snapshot.promise;
  });
  const control = await startControl({ speaker, path });
  assert.ok(control.ok);
  const slow = await connectTo(path);
  const other = await connectTo(path);
  context.after(async () => {
    slow.destroy();
    other.destroy();
    await control.value.close();
    await speaker.stop({ mode: 'silent' });
    rmSync(folder, { recursive: true });
  });
  slow.write('show\n');
  await asked.promise;
  const lineCount = 400_000;
  let isTaken = false;
  slow.write('withdraw 192.0.2.0/24\n'.repeat(lineCount), () => (isTaken = true));
  // Each answer is a turn of this thread, in which 64 KiB could have been read.
  for (let turn = 0; turn < 500; turn++) {
    other.write('withdraw 192.0.2.0/24\n');
    const [answer] = (await once(other, 'data')) as [Buffer];
    assert.equal(String(answer), 'ok\n');
  }
  assert.equal(isTaken, false);
  snapshot.resolve({ peers: [], desired: [] });
  let answered = 0;
  for await (const bytes of slow) {
    answered += (bytes as Buffer).length;
    if (answered >= '{"peers":[],"desired":[]}\n'.length + 'ok\n'.length * lineCount) break;
  }
  assert.equal(isTaken, true);
});
