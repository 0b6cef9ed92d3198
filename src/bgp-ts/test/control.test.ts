/** The program `bgp-ts` as a user meets it: a file of lines, a socket, a peer that hears what is said. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Message } from '../src/index.ts';
import { ListeningPeer } from './listening-peer.ts';
import { eventually } from './wait.ts';

const program = resolve(import.meta.dirname, '../src/control/main.ts');

/** A running `bgp-ts` in a folder of its own. */
class Program implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bgp-ts-control-'));
  readonly socketPath = join(this.folder, 'control');
  readonly process: ChildProcess;

  constructor(lines: string, stdout: 'ignore' | 'pipe' = 'ignore') {
    writeFileSync(join(this.folder, 'lines'), lines);
    this.process = spawn(process.execPath, [program, this.socketPath, join(this.folder, 'lines')], {
      stdio: ['ignore', stdout, 'pipe'],
    });
  }

  async connect(): Promise<Client> {
    // The file is there a moment before anybody listens.
    return new Client(await eventually('the control socket', () => connected(this.socketPath)));
  }

  async exitCode(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null) this.process.kill('SIGKILL');
    await this.exitCode();
    rmSync(this.folder, { recursive: true });
  }
}

/** A connection, or undefined where nobody listens. */
async function connected(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** A connection to the control socket. */
class Client {
  readonly socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\n`);
    return this.next();
  }

  async next(): Promise<string> {
    const answer = await this.#lines.next();
    assert.ok(answer.done !== true, 'the connection was closed');
    return answer.value;
  }
}

const announces =
  (prefix: string) =>
  (message: Message): boolean =>
    message.kind === 'update' && message.announced.some((each) => each === prefix);
const withdraws =
  (prefix: string) =>
  (message: Message): boolean =>
    message.kind === 'update' && message.withdrawn.some((each) => each === prefix);

function peerLine(port: number): string {
  return `peer 127.0.0.1 as 65000 local-as 65001 router-id 192.0.2.9 name rt1 port ${port}\n`;
}

test('lines of a file and of the socket reach the peer, each line is answered, stop sends its text', async () => {
  await using peer = await ListeningPeer.start({ asn: 65_000 });
  const lines = `# a comment\n${peerLine(peer.port)}\nannounce 198.51.100.0/24 next-hop self community 65535:0\n`;
  await using running = new Program(lines);
  const client = await running.connect();
  assert.equal(statSync(running.socketPath).mode & 0o777, 0o600, 'only its owner may command');
  const first = await peer.message('the route of the file', announces('198.51.100.0/24'));
  assert.ok(first.kind === 'update');
  const communities = first.attributes.find(({ kind }) => kind === 'communities');
  assert.deepEqual(communities, { kind: 'communities', communities: [0xffff_0000] });

  assert.equal(await client.say('announce 192.0.2.0/24 next-hop self'), 'ok');
  await peer.message('the route of the socket', announces('192.0.2.0/24'));
  assert.equal(await client.say('withdraw 192.0.2.0/24'), 'ok');
  await peer.message('its withdrawal', withdraws('192.0.2.0/24'));
  assert.match(await client.say('announce 192.0.2.1/24 next-hop self'), /^error prefix "192\.0\.2\.1\/24" is not/);
  assert.equal(await client.say('remove rt9'), 'error there is no peer "rt9"');

  const shown: unknown = JSON.parse(await client.say('show'));
  assert.ok(typeof shown === 'object' && shown !== null && 'desired' in shown && Array.isArray(shown.desired));
  assert.equal(shown.desired.length, 1);

  assert.equal(await client.say('stop back at noon'), 'ok');
  const cease = await peer.message('a NOTIFICATION', (message) => message.kind === 'notification');
  assert.ok(cease.kind === 'notification');
  const expected = Uint8Array.from([12, ...new TextEncoder().encode('back at noon')]);
  assert.deepEqual([cease.code, cease.subcode, cease.data], [6, 2, expected]);
  assert.equal(await running.exitCode(), 0);
});

test('lines that come in one piece, or torn apart, are answered in order', async () => {
  await using running = new Program('');
  const client = await running.connect();
  client.socket.write('show\nannounce 192.0.2.0/24 next-hop self\n\nnonsense\nwithdr');
  assert.match(await client.next(), /^\{"peers":\[\]/);
  assert.equal(await client.next(), 'ok');
  assert.match(await client.next(), /^error unknown command "nonsense"/);
  client.socket.write('aw 192.0.2.0/24\n');
  assert.equal(await client.next(), 'ok');
});

test('who ends its side after its lines is answered each of them once, also those that take time', async () => {
  await using running = new Program('');
  const client = await running.connect();
  client.socket.end('show\nannounce 192.0.2.0/24 next-hop self\nshow\n');
  assert.match(await client.next(), /^\{"peers":\[\],.*"desired":\[\]/);
  assert.equal(await client.next(), 'ok');
  assert.match(await client.next(), /^\{"peers":\[\],.*192\.0\.2\.0/);
  await assert.rejects(client.next(), /the connection was closed/);
});

test('a line without an end is told its limit, and its connection alone is closed', async () => {
  await using running = new Program('');
  const other = await running.connect();
  const client = await running.connect();
  client.socket.write('x'.repeat(70_000));
  assert.equal(await client.next(), 'error a line is longer than 65536 octets');
  await assert.rejects(client.next(), /the connection was closed/);
  assert.equal(await other.say('withdraw 192.0.2.0/24'), 'ok');
});

test('SIGTERM closes the session without a NOTIFICATION', async () => {
  await using peer = await ListeningPeer.start({ asn: 65_000 });
  await using running = new Program(`${peerLine(peer.port)}announce 192.0.2.0/24 next-hop self\n`);
  await running.connect();
  await peer.message('the route', announces('192.0.2.0/24'));
  running.process.kill('SIGTERM');
  assert.equal(await running.exitCode(), 0);
  await peer.log.find('the end of the connection', ({ kind }) => kind === 'closed');
  assert.deepEqual(
    peer.messages.filter(({ kind }) => kind === 'notification'),
    [],
  );
});

/** Twelve thousand lines take two seconds; a test that fails ends all the same. */
const readLimitMs = 120_000;

/** The prefixes of events that say what was announced, up to the one that is awaited. */
async function announcedUntil(stdout: Readable, awaited: string): Promise<readonly string[]> {
  const announced: string[] = [];
  const signal = AbortSignal.timeout(readLimitMs);
  for await (const [line] of on(createInterface({ input: stdout }), 'line', { signal })) {
    const prefix = /^announced (\S+) to /.exec(String(line))?.[1];
    if (prefix !== undefined) announced.push(prefix);
    if (prefix === awaited) break;
  }
  return announced;
}

test('who reads standard output is told every event, also of more than wait there at a time', async () => {
  await using peer = await ListeningPeer.start({ asn: 65_000 });
  await using running = new Program(peerLine(peer.port), 'pipe');
  const client = await running.connect();
  assert.ok(running.process.stdout !== null);
  const announced = announcedUntil(running.process.stdout, '192.0.2.0/24');
  // It is told where it is awaited.
  announced.catch(() => undefined);
  assert.equal(await client.say('announce 198.51.100.0/24 next-hop self'), 'ok');
  await peer.message('the first route', announces('198.51.100.0/24'));
  // Each has attributes, and so an UPDATE and an event, of its own.
  const prefixes = Array.from({ length: 12_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
  for (const [med, prefix] of prefixes.entries()) {
    client.socket.write(`announce ${prefix} next-hop self med ${med}\n`);
    if (med % 500 === 499) for (let answer = 0; answer < 500; answer++) assert.equal(await client.next(), 'ok');
  }
  assert.equal(await client.say('announce 192.0.2.0/24 next-hop self'), 'ok');
  assert.deepEqual(await announced, ['198.51.100.0/24', ...prefixes, '192.0.2.0/24']);
});

test('a reader of standard output that goes away costs no session', async () => {
  await using peer = await ListeningPeer.start({ asn: 65_000 });
  await using running = new Program(peerLine(peer.port), 'pipe');
  const client = await running.connect();
  assert.ok(running.process.stdout !== null);
  running.process.stdout.destroy();
  assert.equal(await client.say('announce 192.0.2.0/24 next-hop self'), 'ok');
  await peer.message('the route', announces('192.0.2.0/24'));
  assert.equal(await client.say('withdraw 192.0.2.0/24'), 'ok');
  await peer.message('its withdrawal', withdraws('192.0.2.0/24'));
  assert.equal(await client.say('stop'), 'ok');
  assert.equal(await running.exitCode(), 0);
});

test('a bad line of the file is told with its number, and nothing runs', async () => {
  await using running = new Program('# first\nannounce 192.0.2.0/24\n');
  assert.ok(running.process.stderr !== null);
  const [said, code] = await Promise.all([text(running.process.stderr), running.exitCode()]);
  assert.equal(code, 2);
  assert.match(said, /lines:2: expected: announce PREFIX/);
  assert.equal(existsSync(running.socketPath), false);
});

test('a file that is no socket stays, and the program says so', async () => {
  await using running = new Program('');
  const { socketPath } = running;
  await running.connect();
  const file = join(running.folder, 'notes');
  writeFileSync(file, 'mine');
  const second = spawn(process.execPath, [program, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = await Promise.all([text(second.stderr), once(second, 'exit')]);
  assert.deepEqual([second.exitCode, said], [1, `${file} is there already and is no socket\n`]);
  assert.deepEqual(readdirSync(running.folder).sort(), [basename(socketPath), 'lines', 'notes'].sort());
});

test('a second program on the same socket is refused, a socket file left behind is replaced', async (context) => {
  await using first = new Program('');
  await first.connect();
  const second = spawn(process.execPath, [program, first.socketPath], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = await Promise.all([text(second.stderr), once(second, 'exit')]);
  assert.deepEqual([second.exitCode, said], [1, `${first.socketPath} is in use by another process\n`]);
  first.process.kill('SIGKILL');
  await first.exitCode();
  assert.ok(existsSync(first.socketPath), 'a killed process leaves its file');
  const third = spawn(process.execPath, [program, first.socketPath], { stdio: 'ignore' });
  context.after(() => third.kill('SIGKILL'));
  const client = await eventually('the new socket', async () => {
    const socket = connect(first.socketPath);
    const isConnected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    return isConnected ? new Client(socket) : undefined;
  });
  assert.match(await client.say('show'), /^\{/);
  third.kill('SIGTERM');
  await once(third, 'exit');
});
