/** What a connection does with a peer that reads late, slowly or not at all; how it is made is node.ts's. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { address, End, plain } from './connection-end.fixture.ts';
import { nodeTransport } from './node.ts';
import type { Connection } from './transport.ts';

const options = { timeout: 20_000 };

/** A server of Node's that accepts and does not read until told, and a connection of ours to it; dispose of it to close. */
interface Mute extends AsyncDisposable {
  /** The server's end. */
  readonly socket: Socket;
  /** What we were told, and how we send. */
  readonly end: End;
  readonly connection: Connection;
}

async function dialMute(): Promise<Mute> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    accepted.resolve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  assert.ok(at !== null && typeof at !== 'string');
  const end = new End();
  const to = { address: address('127.0.0.1'), port: at.port, localAddress: undefined, settings: plain };
  const dialed = nodeTransport.dial(to, end.events);
  assert.ok(dialed.ok);
  await end.connected.promise;
  const socket = await accepted.promise;
  const close = async (): Promise<void> => {
    dialed.value.destroy();
    socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { socket, end, connection: dialed.value, [Symbol.asyncDispose]: close };
}

void test('what a peer does not read waits and is counted, and arrives whole once it reads', options, async () => {
  await using mute = await dialMute();
  const { socket, end, connection } = mute;
  const sizeBytes = 32_000_000;
  connection.send(new Uint8Array(4000));
  // The system took that at once, and said so.
  assert.deepEqual(end.pendings, [0]);
  end.pendings.length = 0;
  connection.send(new Uint8Array(sizeBytes - 4000).fill(1));
  let readBytes = 0;
  socket.on('data', (bytes: Buffer) => (readBytes += bytes.length));
  // The system's buffers hold a few million octets at most; the rest is still ours.
  while (end.pendings.length === 0) await turn();
  assert.ok((end.pendings.at(-1) ?? 0) > 0);
  assert.deepEqual(
    end.pendings,
    end.pendings.toSorted((a, b) => b - a),
  );
  socket.resume();
  connection.end();
  await once(socket, 'end');
  assert.equal(readBytes, sizeBytes);
  assert.equal(end.pendings.at(-1), 0);
  await end.closed.promise;
});

void test('short messages arrive as they were sent, also those that waited for the peer to read', options, async () => {
  await using mute = await dialMute();
  const { socket, end, connection } = mute;
  const sent = createHash('sha256');
  const received = createHash('sha256');
  let count = 0;
  const send = (): void => {
    const message = Buffer.alloc(600 + (count % 400));
    message.writeUInt32BE(count++, 500);
    sent.update(message);
    connection.send(message);
  };
  // What the system takes at once is told within `send`.
  while (end.pendings.length === count) send();
  for (let more = 0; more < 1000; more++) send();
  socket.on('data', (bytes: Buffer) => received.update(bytes));
  socket.resume();
  connection.end();
  await once(socket, 'end');
  assert.equal(received.digest('hex'), sent.digest('hex'));
  await end.closed.promise;
});

void test('an end towards a peer that reads nothing closes by itself', options, async () => {
  await using mute = await dialMute();
  const { end, connection } = mute;
  connection.send(new Uint8Array(32_000_000));
  connection.end();
  await end.closed.promise;
});

void test('an end waits for a slow peer as long as it reads on', options, async (test) => {
  await using mute = await dialMute();
  const { socket, end, connection } = mute;
  socket.on('data', () => undefined);
  test.mock.timers.enable({ apis: ['setTimeout'] });
  connection.send(new Uint8Array(32_000_000));
  connection.end();
  for (let round = 0; round < 3; round++) {
    const before = end.pendings.length;
    socket.resume();
    while (end.pendings.length === before && !end.isClosed) await turn();
    socket.pause();
    test.mock.timers.tick(999);
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.ok(!end.isClosed, 'less than a second without a piece taken');
  }
  while (!end.isClosed) {
    test.mock.timers.tick(1000);
    await turn();
  }
  assert.ok((end.pendings.at(-1) ?? 0) > 0, 'the rest is dropped');
});

void test(
  'what came before the end of a wait is read, though this thread stood still meanwhile',
  options,
  async (test) => {
    await using mute = await dialMute();
    const { socket, end, connection } = mute;
    test.mock.timers.enable({ apis: ['setTimeout'] });
    connection.send(new Uint8Array(32_000_000));
    connection.end();
    // From here the event loop reads sockets before it runs immediates, as it does after timers.
    await turn();
    socket.write(Buffer.of(5));
    test.mock.timers.tick(1000);
    await end.closed.promise;
    assert.deepEqual(Buffer.concat(end.received), Buffer.of(5));
  },
);

void test('a peer that ends its side while it reads nothing is gone at once', { timeout: 5000 }, async () => {
  await using mute = await dialMute();
  const { socket, end, connection } = mute;
  connection.send(new Uint8Array(32_000_000));
  socket.end();
  assert.deepEqual(await end.closed.promise, { reason: 'the peer closed the connection', local: undefined });
});
