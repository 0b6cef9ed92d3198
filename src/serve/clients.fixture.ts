/** Clients and servers for tests of the DNS sockets: real ones, on loopback. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { listenDns } from './dns-server.ts';
import type { DnsServer, DnsServerOptions } from './dns-server.ts';
import { echoModule } from './echo-answerer.fixture.ts';
import type { EchoSetup, EchoUpdate } from './echo-answerer.fixture.ts';
import type { ListenAddress } from './listen-fault.ts';
import { frameMessage, MessageFramer } from './message-framer.ts';

export const loopback: ListenAddress = { address: '127.0.0.1' as IpAddress, port: 0 };

export type EchoOptions = Partial<DnsServerOptions<EchoSetup, EchoUpdate>>;

/** Opens an echo server for one test, by default on loopback with two UDP threads. */
export async function openEcho(context: TestContext, options: EchoOptions = {}): Promise<DnsServer<EchoUpdate>> {
  const opened = await listenDns({
    listen: [loopback],
    module: echoModule,
    setup: () => ({ prefix: ':' }),
    ...options,
    sockets: { threads: 2, ...options.sockets },
  });
  assert.ok(opened.ok, JSON.stringify(opened));
  context.after(() => opened.value.close());
  return opened.value;
}

/** The port of the first address. */
export function portOf(server: DnsServer<EchoUpdate>): number {
  return server.bound[0]?.port ?? 0;
}

/** A datagram's reply and where it came from. */
export interface Reply {
  readonly text: string;
  readonly from: string;
}

/** Asks from a socket of its own, until a reply comes: what is lost on the way is asked again. */
export async function askUdp(port: number, text: string, host = '127.0.0.1'): Promise<Reply> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const ask = (): void => socket.send(text, port, host);
  const again = setInterval(ask, 1000);
  try {
    ask();
    const [reply, remote] = (await once(socket, 'message')) as [Buffer, { address: string }]; // dgram's own signature
    return { text: reply.toString(), from: remote.address };
  } finally {
    clearInterval(again);
    socket.close();
  }
}

/** Sends one datagram and waits for nothing. */
export function sendUdp(port: number, text: string, host = '127.0.0.1'): void {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.send(text, port, host, () => socket.close());
}

export async function connectTo(port: number, host = '127.0.0.1', allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Reads whole replies until there are `count`, or the stream ends. */
export async function readReplies(socket: Socket, count: number): Promise<Buffer[]> {
  const framer = new MessageFramer();
  const replies: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    assert.ok(chunk instanceof Uint8Array);
    for (const message of framer.push(chunk)) replies.push(Buffer.from(message));
    if (replies.length >= count) break;
  }
  return replies;
}

/** Writes a framed message. */
export function sendTcp(socket: Socket, text: string): void {
  socket.write(frameMessage(Buffer.from(text)));
}

/** Asks once over an open connection. */
export async function askTcp(socket: Socket, text: string): Promise<string | undefined> {
  sendTcp(socket, text);
  const [reply] = await readReplies(socket, 1);
  return reply?.toString();
}

/** Resolves when a socket is closed, by whatever: one that still writes may see a reset first. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.resume();
  });
}
