import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { clientAddress } from './client-address.ts';
import { listenDns } from './dns-server.ts';
import type { DnsServer } from './dns-server.ts';
import { frameMessage, MessageFramer } from './message-framer.ts';
import { defaultTcpLimits } from './tcp.ts';
import type { TcpLimits } from './tcp.ts';

const loopback = { address: '127.0.0.1' as IpAddress, port: 0 };

/** Echoes what it gets after the transport's first letter; an empty message gets no reply. */
const echo: AnswerFunction = (query, length, client, out) => {
  if (length === 0) return 0;
  out[0] = client.transport.charCodeAt(0);
  out.set(query.subarray(0, length), 1);
  return length + 1;
};

async function open(limits: Partial<TcpLimits> = {}, answer = echo): Promise<DnsServer> {
  const opened = await listenDns([loopback], answer, { ...defaultTcpLimits, ...limits });
  assert.ok(opened.ok);
  return opened.value;
}

function portOf(server: DnsServer): number {
  return server.bound[0]?.port ?? 0;
}

async function connectTo(server: DnsServer): Promise<Socket> {
  const socket = connect(portOf(server), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Reads whole replies until there are `count`, or the stream ends. */
async function readReplies(socket: Socket, count: number): Promise<string[]> {
  const framer = new MessageFramer();
  const replies: string[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    assert.ok(chunk instanceof Uint8Array);
    for (const message of framer.push(chunk)) replies.push(Buffer.from(message).toString());
    if (replies.length >= count) break;
  }
  return replies;
}

function message(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test('UDP and TCP answer on one port', async () => {
  const server = await open();
  const udp = createSocket('udp4');
  udp.send(message('hello'), portOf(server), '127.0.0.1');
  const [reply] = (await once(udp, 'message')) as [Buffer];
  assert.equal(reply.toString(), 'uhello');
  udp.close();
  const tcp = await connectTo(server);
  tcp.write(frameMessage(message('hello')));
  assert.deepEqual(await readReplies(tcp, 1), ['thello']);
  tcp.destroy();
  await server.close();
});

test('pipelined queries are answered in order, however they are cut (RFC 7766 §6.2.1)', async () => {
  const server = await open();
  const socket = await connectTo(server);
  const texts = Array.from({ length: 200 }, (_, index) => `query ${index}`);
  const stream = Buffer.concat(texts.map((text) => frameMessage(message(text))));
  for (let at = 0; at < stream.length; at += 7) socket.write(stream.subarray(at, at + 7));
  assert.deepEqual(
    await readReplies(socket, texts.length),
    texts.map((text) => `t${text}`),
  );
  socket.destroy();
  await server.close();
});

test('a client that does not read its replies holds up only itself, and loses none', async () => {
  const large: AnswerFunction = (_query, _length, _client, out) => out.fill(0x78).length;
  const server = await open({}, large);
  const slow = await connectTo(server);
  slow.pause();
  const count = 300;
  for (let index = 0; index < count; index++) slow.write(frameMessage(message('more')));
  const other = await connectTo(server);
  other.write(frameMessage(message('one')));
  assert.equal((await readReplies(other, 1)).length, 1);
  assert.equal((await readReplies(slow, count)).length, count);
  slow.destroy();
  other.destroy();
  await server.close();
});

/** Resolves when a socket is closed, by whatever: one that still writes may see a reset first. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
  });
}

test('silent connections and those that send no whole message are closed', async () => {
  const server = await open({ idleTimeoutMs: 100 });
  const silent = await connectTo(server);
  const dripping = await connectTo(server);
  const drip = setInterval(() => dripping.write(Uint8Array.of(1)), 20);
  await Promise.all([closed(silent), closed(dripping)]);
  clearInterval(drip);
  assert.equal(server.tcp[0]?.counters.timedOut, 2);
  await server.close();
});

test('connections beyond a limit are closed at once, and counted', async () => {
  const server = await open({ maxConnectionsPerClient: 2 });
  const kept = [await connectTo(server), await connectTo(server)];
  const third = await connectTo(server);
  await once(third.resume(), 'close');
  kept[0]?.destroy();
  kept[1]?.write(frameMessage(message('still here')));
  assert.deepEqual(await readReplies(kept[1] ?? third, 1), ['tstill here']);
  assert.deepEqual({ ...server.tcp[0]?.counters, open: 0 }, { open: 0, accepted: 2, refused: 1, timedOut: 0 });
  kept[1]?.destroy();
  await server.close();
});

test('closing lets written replies arrive and ends open connections', async () => {
  const server = await open();
  const socket = await connectTo(server);
  socket.write(frameMessage(message('last')));
  const replies = readReplies(socket, 2);
  await once(socket, 'readable');
  await Promise.all([server.close(), once(socket, 'end')]);
  assert.deepEqual(await replies, ['tlast']);
});

test('an address in use is said with the address and what to do, and nothing stays open', async () => {
  const server = await open();
  const port = portOf(server);
  const other = { address: '127.0.0.1' as IpAddress, port: 0 };
  const refused = await listenDns([other, { ...loopback, port }], echo);
  assert.ok(!refused.ok);
  const advice = 'another program has it; stop that one, or change the address or port in "dns.listen"';
  assert.deepEqual(
    refused.fault.map((fault) => fault.message),
    ['UDP', 'TCP'].map((protocol) => `cannot listen on ${protocol} 127.0.0.1:${port}: ${advice}`),
  );
  await server.close();
  const again = await listenDns([{ ...loopback, port }], echo);
  assert.ok(again.ok);
  await again.value.close();
});

test('an address that this machine does not have is said to be missing', async () => {
  const refused = await listenDns([{ address: '192.0.2.1' as IpAddress, port: 0 }], echo);
  assert.ok(!refused.ok);
  assert.equal(refused.fault[0]?.code, 'EADDRNOTAVAIL');
});

test('addresses of clients are canonical', () => {
  const rows: [text: string | undefined, address: string | undefined][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8::1', '2001:db8::1'],
    [undefined, undefined],
  ];
  for (const [text, address] of rows) assert.equal(clientAddress(text), address);
});
