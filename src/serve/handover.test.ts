/** Handovers between real processes, under load: every query must get its reply. */
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startChild } from './child.fixture.ts';
import type { Child } from './child.fixture.ts';
import { askUdp, connectTo, openEcho, portOf, readReplies, sendTcp } from './clients.fixture.ts';
import { offerHandover } from './handover-offer.ts';
import type { HandoverProcessNews, HandoverProcessOptions } from './handover-process.fixture.ts';
import { takeOver } from './handover.ts';
import type { TakenSockets } from './handover.ts';
import { closeSockets } from './server-sockets.ts';
import { loadLibc } from './system/libc.ts';

function temporaryPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-handover-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'handover.sock');
}

/** Starts a process, and resolves when it answers. */
async function start(context: TestContext, options: HandoverProcessOptions): Promise<ServingProcess> {
  const child = startChild(context, 'handover-process.fixture.ts', [JSON.stringify(options)]);
  const news = await nextNews(child);
  assert.equal(news.kind, 'answering');
  return { child, ...news };
}

interface ServingProcess extends Extract<HandoverProcessNews, { readonly kind: 'answering' }> {
  readonly child: Child;
}

async function nextNews(child: Child): Promise<HandoverProcessNews> {
  return (await child.next()) as HandoverProcessNews; // what the fixture sends
}

/** Queries under way at once from one client: fewer than any queue on the way holds. */
const windowQueries = 20;

interface Load {
  sent: number;
  answered: number;
  readonly byPrefix: Map<string, number>;
  /** Aborted when the load is over. */
  readonly over: AbortSignal;
}

/** What has not come so long after the end of the load is lost. */
const giveUpMs = 3000;

function note(load: Load, reply: string): void {
  load.answered++;
  const prefix = reply.slice(1, reply.indexOf(':'));
  load.byPrefix.set(prefix, (load.byPrefix.get(prefix) ?? 0) + 1);
}

/** Sends until the load is over, then waits for what is owed; resolves with the queries that got no reply. */
async function loadUdp(load: Load, port: number, host: string): Promise<readonly string[]> {
  const client = createSocket('udp4');
  const owed = new Set<string>();
  let next = 0;
  const done = Promise.withResolvers<undefined>();
  const send = (): void => {
    const text = `${next++}`;
    owed.add(text);
    load.sent++;
    client.send(text, port, host);
  };
  client.on('message', (reply) => {
    const text = reply.toString();
    if (owed.delete(text.slice(text.indexOf(':') + 1))) note(load, text);
    if (!load.over.aborted) send();
    else if (owed.size === 0) done.resolve(undefined);
  });
  for (let query = 0; query < windowQueries; query++) send();
  await once(load.over, 'abort');
  const late = setTimeout(() => done.resolve(undefined), giveUpMs);
  await done.promise;
  clearTimeout(late);
  client.close();
  return [...owed];
}

/** One connection after the other, each with a few pipelined queries; resolves with those that got no reply. */
async function loadTcp(load: Load, port: number, host: string): Promise<readonly string[]> {
  const lost: string[] = [];
  for (let connection = 0; !load.over.aborted; connection++) {
    const socket = await connectTo(port, host);
    const texts = Array.from({ length: 5 }, (_, query) => `${connection} ${query}`);
    for (const text of texts) sendTcp(socket, text);
    load.sent += texts.length;
    const replies = (await readReplies(socket, texts.length)).map((reply) => reply.toString());
    for (const reply of replies) note(load, reply);
    lost.push(...texts.filter((text) => !replies.some((reply) => reply.endsWith(`:${text}`))));
    socket.destroy();
  }
  return lost;
}

test('in handovers under load no query is lost, over UDP and TCP', async (context) => {
  const path = temporaryPath(context);
  const listen = ['127.0.0.1', '0.0.0.0'].map((address) => ({ address, port: 0 }));
  let running = await start(context, { path, listen, threads: 2, prefix: '0' });
  assert.equal(running.inherited, 0);
  const ports = running.ports;
  const addresses = listen.map(({ address }, index) => ({ address, port: ports[index] ?? 0 }));
  const hosts = ['127.0.0.1', '127.0.0.2'];
  const ending = new AbortController();
  context.after(() => ending.abort());
  const udp: Load = { sent: 0, answered: 0, byPrefix: new Map(), over: ending.signal };
  const tcp: Load = { sent: 0, answered: 0, byPrefix: new Map(), over: ending.signal };
  const clients = [0, 1, 2, 3].flatMap((client) => {
    const port = ports[client % 2] ?? 0;
    const host = hosts[client % 2] ?? '';
    return [loadUdp(udp, port, host), loadTcp(tcp, port, host)];
  });
  // More threads, fewer and as many as before: 2 addresses with as many UDP sockets as the most so far, and 2 of TCP.
  const steps = [
    { threads: 2, inherited: 6 },
    { threads: 3, inherited: 6 },
    { threads: 1, inherited: 8 },
    { threads: 2, inherited: 8 },
  ];
  for (const [index, { threads, inherited }] of steps.entries()) {
    const left = nextNews(running.child);
    const next = await start(context, { path, listen: addresses, threads, prefix: String(index + 1) });
    assert.equal(next.inherited, inherited);
    const news = await left;
    assert.ok(news.kind === 'left' && news.received > 0);
    assert.equal(news.sendFailures, 0);
    const before = udp.answered + tcp.answered;
    while (udp.answered + tcp.answered < before + 4000) await setImmediate(undefined, { signal: context.signal });
    running = next;
  }
  ending.abort();
  assert.deepEqual((await Promise.all(clients)).flat(), []);
  assert.equal(udp.answered, udp.sent);
  assert.equal(tcp.answered, tcp.sent);
  for (const load of [udp, tcp]) assert.deepEqual([...load.byPrefix.keys()].sort(), ['0', '1', '2', '3', '4']);
  assert.ok(udp.answered > 10_000, `only ${udp.answered} queries over UDP`);
  assert.ok(tcp.answered > 1000, `only ${tcp.answered} queries over TCP`);
  context.diagnostic(`${udp.answered} queries over UDP and ${tcp.answered} over TCP in ${steps.length} handovers`);
});

test('an open connection is served by the old process until its client ends it', async (context) => {
  const path = temporaryPath(context);
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const old = await start(context, { path, listen, threads: 1, prefix: 'old' });
  const port = old.ports[0] ?? 0;
  const kept = await connectTo(port);
  sendTcp(kept, 'idle');
  assert.equal((await readReplies(kept, 1))[0]?.toString(), '10000');
  const left = nextNews(old.child);
  await start(context, { path, listen: [{ address: '127.0.0.1', port }], threads: 1, prefix: 'new' });
  const fresh = await connectTo(port);
  for (let stated = ''; stated !== '0';) {
    sendTcp(kept, 'idle');
    stated = (await readReplies(kept, 1))[0]?.toString() ?? '0';
  }
  sendTcp(kept, 'x');
  assert.equal((await readReplies(kept, 1))[0]?.toString(), 'told:x');
  const another = await connectTo(port);
  sendTcp(another, 'x');
  assert.equal((await readReplies(another, 1))[0]?.toString(), 'tnew:x');
  for (const socket of [kept, fresh, another]) socket.destroy();
  assert.equal((await left).kind, 'left');
});

test('a process that vanishes with the sockets changes nothing', async (context) => {
  const path = temporaryPath(context);
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const old = await start(context, { path, listen, threads: 2, prefix: 'old' });
  const port = old.ports[0] ?? 0;
  const options: HandoverProcessOptions = { path, listen, threads: 2, prefix: 'new', vanishes: true };
  const vanished = fork(new URL('./handover-process.fixture.ts', import.meta.url), [JSON.stringify(options)]);
  assert.deepEqual(await once(vanished, 'exit'), [9, null]);
  for (let query = 0; query < 20; query++) assert.equal((await askUdp(port, 'x')).text, 'uold:x');
  const left = nextNews(old.child);
  const next = await start(context, { path, listen: [{ address: '127.0.0.1', port }], threads: 2, prefix: 'new' });
  assert.equal(next.inherited, 3);
  await left;
  for (let query = 0; query < 20; query++) assert.equal((await askUdp(port, 'x')).text, 'unew:x');
});

test('the socket of the offer is for its user alone', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const offer = await offerHandover({ path, sockets: () => server.sockets, onTaken: () => undefined });
  assert.ok(offer.ok);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await offer.value.close();
});

const needsRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can start a process of another user' };

test('a process of another user gets nothing, even where the socket lets it in', needsRoot, async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const refused = Promise.withResolvers<string>();
  const offer = await offerHandover({
    path,
    sockets: () => assert.fail('a stranger is not given sockets'),
    onTaken: () => undefined,
    onRefused: refused.resolve,
  });
  assert.ok(offer.ok);
  chmodSync(dirname(path), 0o755);
  chmodSync(path, 0o666);
  const nobody = 65_534;
  const stranger = `const socket = require('node:net').connect(${JSON.stringify(path)});
    socket.on('error', () => {}).on('close', () => process.exit(7)).write('{"say":"take","version":1}\\n');`;
  const child = spawn(process.execPath, ['-e', stranger], { uid: nobody, gid: nobody, cwd: '/', stdio: 'ignore' });
  assert.deepEqual(await once(child, 'exit'), [7, null]);
  assert.equal(await refused.promise, `a process of user ${nobody} asked for the sockets`);
  assert.ok(server.sockets !== undefined);
  await offer.value.close();
});

test('where nobody offers, there is nothing to take; a path that was left behind is no offer', async (context) => {
  const path = temporaryPath(context);
  assert.deepEqual(await takeOver(path), { ok: true, value: undefined });
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const { child: stale } = await start(context, { path, listen, threads: 1, prefix: 'stale' });
  stale.process.kill('SIGKILL');
  await once(stale.process, 'exit');
  assert.ok(statSync(path).isSocket());
  assert.deepEqual(await takeOver(path), { ok: true, value: undefined });
  const server = await openEcho(context);
  const offer = await offerHandover({ path, sockets: () => server.sockets, onTaken: () => undefined });
  assert.ok(offer.ok);
  const second = await offerHandover({ path, sockets: () => server.sockets, onTaken: () => undefined });
  assert.deepEqual(second, { ok: false, fault: `another process offers its sockets at ${path}` });
  await offer.value.close();
});

test('what is said wrongly is refused, and the process goes on', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const failures: string[] = [];
  const offer = await offerHandover({
    path,
    sockets: () => server.sockets,
    onTaken: () => assert.fail('nothing was taken'),
    onRefused: (reason) => failures.push(reason),
  });
  assert.ok(offer.ok);
  for (const [line, reason] of [
    ['hello', 'the other process said "hello", which is not JSON'],
    ['{"say":"hello"}', 'the other process said "{"say":"hello"}", which is no message of a handover'],
    ['{"say":"answering"}', '"answering" was not expected'],
    ['{"say":"take","version":99}', 'it speaks another version'],
  ] as const) {
    const socket = connect(path);
    socket.write(`${line}\n`);
    const [reply] = (await once(socket, 'data')) as [Buffer]; // a stream's own signature
    assert.deepEqual(JSON.parse(reply.toString()), { say: 'refused', reason });
    assert.equal(failures.at(-1), reason);
    socket.destroy();
  }
  assert.equal((await askUdp(portOf(server), 'x')).text, 'u:x');
  await offer.value.close();
});

test('a process that cannot give its sockets says why', async (context) => {
  const path = temporaryPath(context);
  const abandoned: string[] = [];
  const offer = await offerHandover({
    path,
    sockets: () => undefined,
    onTaken: () => assert.fail('nothing was taken'),
    onAbandoned: (reason) => abandoned.push(reason),
  });
  assert.ok(offer.ok);
  const taken = await takeOver(path);
  assert.deepEqual(abandoned, ['there are no sockets to hand over']);
  assert.deepEqual(taken, { ok: false, fault: `no sockets came from ${path}: there are no sockets to hand over` });
  await offer.value.close();
});

test('an owner that prepares its sockets hears when the one that asked goes away meanwhile', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const prepared = Promise.withResolvers<undefined>();
  const abandoned = Promise.withResolvers<string>();
  const refused: string[] = [];
  const offer = await offerHandover({
    path,
    sockets: async () => {
      await prepared.promise;
      return server.sockets;
    },
    onTaken: () => assert.fail('nothing was taken'),
    onAbandoned: abandoned.resolve,
    onRefused: (reason) => refused.push(reason),
  });
  assert.ok(offer.ok);
  const first = takeOver(path, 500);
  const second = await takeOver(path);
  assert.match(second.ok ? '' : second.fault, /another process is taking the sockets/);
  assert.equal(refused.length, 1);
  assert.equal((await first).ok, false);
  assert.match(await abandoned.promise, /went away before it answered/);
  prepared.resolve(undefined);
  const third = await takeOver(path);
  assert.ok(third.ok && third.value !== undefined);
  assert.equal(third.value.sockets.udp.length, 2);
  third.value.abandon();
  await offer.value.close();
});

test('a stranger at the path who answers nothing is given up', async (context) => {
  const path = temporaryPath(context);
  const stranger = createServer((socket) => context.after(() => socket.destroy()));
  stranger.listen(path);
  await once(stranger, 'listening');
  context.after(() => stranger.close());
  const taken = await takeOver(path, 50);
  assert.deepEqual(taken, {
    ok: false,
    fault: `no sockets came from ${path}: the other process did not answer in time`,
  });
});

test('a process that took the sockets goes on where the one before dies without a word', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const offer = await offerHandover({ path, sockets: () => server.sockets, onTaken: () => undefined });
  assert.ok(offer.ok);
  const taken = await takeOver(path);
  assert.ok(taken.ok && taken.value !== undefined);
  await offer.value.close();
  // Long enough that its end has come before anything is confirmed.
  while (await isOffered(path)) await setImmediate();
  assert.deepEqual(await taken.value.confirm(), { ok: true, value: undefined });
  closeTaken(taken.value);
});

test('a process that answers too late hears that the one before goes on', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const abandoned = Promise.withResolvers<string>();
  const offer = await offerHandover({
    path,
    sockets: () => server.sockets,
    onTaken: () => assert.fail('it came too late'),
    onAbandoned: abandoned.resolve,
    takeLimitMs: 50,
  });
  assert.ok(offer.ok);
  const taken = await takeOver(path);
  assert.ok(taken.ok && taken.value !== undefined);
  assert.equal(await abandoned.promise, 'it did not answer in time');
  assert.deepEqual(await taken.value.confirm(), { ok: false, fault: 'it did not answer in time' });
  closeTaken(taken.value);
  await offer.value.close();
});

test('an offer ends at once, though the process that has the sockets hangs', async (context) => {
  const path = temporaryPath(context);
  const server = await openEcho(context);
  const offer = await offerHandover({ path, sockets: () => server.sockets, onTaken: () => undefined });
  assert.ok(offer.ok);
  // It takes and never reads, so it does not see the other side's end either.
  const hanging = connect({ path, allowHalfOpen: true });
  context.after(() => hanging.destroy());
  hanging.write('{"say":"take","version":1}\n');
  await once(hanging, 'readable');
  await offer.value.close();
  assert.equal(await isOffered(path), false);
});

async function isOffered(path: string): Promise<boolean> {
  const socket = connect(path);
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}

/** Closes this process's own descriptors of sockets that it took and does not serve. */
function closeTaken({ sockets }: TakenSockets): void {
  const libc = loadLibc();
  assert.ok(libc.ok);
  closeSockets(libc.value, sockets);
}
