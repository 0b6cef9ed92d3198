import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test from 'node:test';
import { freePort } from '../../bgp-ts/test/free-port.ts';
import { askTcp, closed, connectTo, loopback, openEcho, portOf, readReplies, sendTcp } from '../clients.fixture.ts';
import { frameMessage } from '../message-framer.ts';
import { clientKey, idleTimeoutMs } from './limits.ts';

const texts = (replies: readonly Buffer[]): string[] => replies.map((reply) => reply.toString());

test('pipelined queries are answered in order, however they are cut (RFC 7766 §6.2.1)', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  const queries = Array.from({ length: 200 }, (_, index) => `query ${index}`);
  const stream = Buffer.concat(queries.map((text) => frameMessage(Buffer.from(text))));
  for (let at = 0; at < stream.length; at += 7) socket.write(stream.subarray(at, at + 7));
  assert.deepEqual(
    texts(await readReplies(socket, queries.length)),
    queries.map((text) => `t:${text}`),
  );
  socket.destroy();
});

test('a query without a reply does not hold up those after it', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  for (const text of ['silence', '', 'one', 'silence', 'two']) sendTcp(socket, text);
  assert.deepEqual(texts(await readReplies(socket, 2)), ['t:one', 't:two']);
  socket.destroy();
});

test('a client that does not read its replies holds up only itself, and loses none', async (context) => {
  const server = await openEcho(context);
  const slow = await connectTo(portOf(server));
  slow.pause();
  const count = 300;
  for (let index = 0; index < count; index++) sendTcp(slow, 'large');
  const other = await connectTo(portOf(server));
  assert.equal(await askTcp(other, 'one'), 't:one');
  // What was not read was not answered either: the queries wait, and with them the client.
  assert.ok(server.counters().tcpAnswered < count);
  const replies = await readReplies(slow, count);
  assert.equal(replies.length, count);
  assert.ok(replies.every((reply) => reply.length === 65_535));
  slow.destroy();
  other.destroy();
});

test('a client that has closed its side gets every reply, and then the end (RFC 7766 §6.2.4)', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server), '127.0.0.1', true);
  for (let index = 0; index < 100; index++) sendTcp(socket, 'large');
  sendTcp(socket, 'last');
  socket.end();
  const replies = await readReplies(socket, Infinity);
  assert.equal(replies.length, 101);
  assert.equal(replies.at(-1)?.toString(), 't:last');
});

test('a transfer comes message by message, in turn with the queries around it', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  const count = 5000;
  for (const text of ['before', `transfer ${count}`, 'after']) sendTcp(socket, text);
  const other = await connectTo(portOf(server));
  assert.equal(await askTcp(other, 'meanwhile'), 't:meanwhile');
  const replies = await readReplies(socket, count + 2);
  assert.equal(replies[0]?.toString(), 't:before');
  for (let number = 0; number < count; number++) assert.equal(replies[number + 1]?.readUInt32BE(), number);
  assert.equal(replies[count + 1]?.toString(), 't:after');
  assert.equal(server.counters().transfers, 1);
  socket.destroy();
  other.destroy();
});

test('a client that goes away within a transfer is forgotten', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  sendTcp(socket, 'transfer 1000000000');
  await once(socket, 'readable');
  socket.destroy();
  await until(() => server.counters().open === 0);
  const other = await connectTo(portOf(server));
  assert.equal(await askTcp(other, 'x'), 't:x');
  other.destroy();
});

test('silent connections and those that send no whole message are closed', async (context) => {
  const server = await openEcho(context, { limits: { idleTimeoutMs: 100 } });
  const silent = await connectTo(portOf(server));
  const dripping = await connectTo(portOf(server));
  const drip = setInterval(() => dripping.write(Uint8Array.of(1)), 20);
  await Promise.all([closed(silent), closed(dripping)]);
  clearInterval(drip);
  assert.equal(server.counters().timedOut, 2);
});

test('a client that never reads its replies is closed', async (context) => {
  const server = await openEcho(context, { limits: { idleTimeoutMs: 300 } });
  const socket = await connectTo(portOf(server));
  socket.pause();
  for (let index = 0; index < 1000; index++) sendTcp(socket, 'large');
  // It is counted when it is told to close, and is closed a moment later.
  await until(() => server.counters().timedOut === 1 && server.counters().open === 0);
  socket.destroy();
});

test('connections of one client beyond its limit are closed at once, and counted', async (context) => {
  const server = await openEcho(context, { limits: { maxConnectionsPerClient: 2 } });
  const kept = [await connectTo(portOf(server)), await connectTo(portOf(server))] as const;
  await closed(await connectTo(portOf(server)));
  kept[0].destroy();
  assert.equal(await askTcp(kept[1], 'still here'), 't:still here');
  const { accepted, refused, evicted } = server.counters();
  assert.deepEqual({ accepted, refused, evicted }, { accepted: 2, refused: 1, evicted: 0 });
  kept[1].destroy();
});

test('for one connection more than the limit, the longest idle is closed', async (context) => {
  const server = await openEcho(context, { limits: { maxConnections: 3 } });
  const sockets: Socket[] = [];
  for (let index = 0; index < 3; index++) sockets.push(await connectTo(portOf(server)));
  const [first, second, third] = sockets;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  for (const socket of [second, third, first]) await askTcp(socket, 'x');
  const newest = await connectTo(portOf(server));
  await closed(second);
  for (const socket of [third, first, newest]) assert.equal(await askTcp(socket, 'y'), 't:y');
  const { open, evicted, refused } = server.counters();
  assert.deepEqual({ open, evicted, refused }, { open: 3, evicted: 1, refused: 0 });
  for (const socket of sockets) socket.destroy();
  newest.destroy();
});

test('replies state the idle timeout, and a shorter one as connections get scarce (RFC 7828)', async (context) => {
  const server = await openEcho(context, { limits: { maxConnections: 4, idleTimeoutMs: 8000 } });
  const stated: (string | undefined)[] = [];
  const sockets: Socket[] = [];
  for (let open = 1; open <= 4; open++) {
    const socket = await connectTo(portOf(server));
    sockets.push(socket);
    stated.push(await askTcp(socket, 'idle'));
  }
  assert.deepEqual(stated, ['8000', '8000', '4000', '500']);
  for (const socket of sockets) socket.destroy();
});

test('closing lets written replies arrive and ends open connections', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  sendTcp(socket, 'last');
  const replies = readReplies(socket, 2);
  await until(() => server.counters().tcpAnswered === 1);
  await Promise.all([server.close(), once(socket, 'end')]);
  assert.deepEqual(texts(await replies), ['t:last']);
});

test('draining takes no new connection, tells clients to close, and waits for them', async (context) => {
  // No connection leaves from this port, so that none can meet itself there once nobody listens.
  const port = await freePort();
  const server = await openEcho(context, { listen: [{ ...loopback, port }] });
  const socket = await connectTo(port);
  assert.equal(await askTcp(socket, 'idle'), '10000');
  const drained = server.drain(60_000);
  while ((await askTcp(socket, 'idle')) !== '0');
  assert.equal(server.counters().open, 1);
  socket.destroy();
  await drained;
  await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' });
});

test('draining ends connections that go on past the deadline', async (context) => {
  const server = await openEcho(context);
  const socket = await connectTo(portOf(server));
  const ended = closed(socket);
  await server.drain(50);
  await ended;
  assert.equal(server.counters().open, 0);
});

test('the idle timeout shrinks from half of the connections on, never below half a second', () => {
  const limits = { maxConnections: 100, maxConnectionsPerClient: 100, idleTimeoutMs: 10_000 };
  const rows: [open: number, timeoutMs: number][] = [
    [0, 10_000],
    [50, 10_000],
    [75, 5000],
    [90, 2000],
    [100, 500],
    [101, 500],
  ];
  for (const [open, timeoutMs] of rows) assert.equal(idleTimeoutMs(limits, open), timeoutMs, String(open));
  assert.equal(idleTimeoutMs({ ...limits, idleTimeoutMs: 100 }, 100), 100);
});

test('clients are counted by IPv4 address and by IPv6 /64', () => {
  const address = (...octets: number[]): Uint8Array => Uint8Array.from({ length: 16 }, (_, at) => octets[at] ?? 0);
  assert.equal(clientKey(Uint8Array.of(192, 0, 2, 1)), '192.0.2.1');
  const one = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1];
  assert.equal(clientKey(address(...one, 1)), clientKey(address(...one, 2)));
  assert.notEqual(clientKey(address(...one)), clientKey(address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 2)));
});

/** Resolves once shared memory says so. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
