import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { askHaproxy } from './socket.ts';

/** A socket that is answered by `serve`. */
async function socketServedBy(context: TestContext, serve: (socket: net.Socket) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-ask-'));
  const path = join(folder, 'admin.sock');
  const server = net.createServer({ allowHalfOpen: true }, serve);
  server.listen(path);
  await once(server, 'listening');
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return path;
}

test('questions leave nothing behind on the signal that they share', async (context) => {
  const path = await socketServedBy(context, (socket) => socket.end('Pid: 1\n'));
  const { signal } = new AbortController();
  for (let asked = 0; asked < 5; asked++) {
    assert.deepEqual(await askHaproxy({ path, command: 'show info', signal }), { ok: true, value: 'Pid: 1\n' });
  }
  await askHaproxy({ path: `${path}.missing`, command: 'show info', signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a question is cut short by its signal, before the answer and before the start', async (context) => {
  const closing = new AbortController();
  const path = await socketServedBy(context, (socket) => {
    socket.resume().on('error', () => socket.destroy());
    closing.abort();
  });
  const cut = { ok: false, fault: { message: 'cut short' } };
  assert.deepEqual(await askHaproxy({ path, command: 'show info', signal: closing.signal }), cut);
  assert.deepEqual(await askHaproxy({ path, command: 'show info', signal: closing.signal }), cut);
});
