/**
 * A speaker behind a Unix socket: each line that comes in is a command (command.ts), each is answered with one line, in
 * order: `ok`, `error SENTENCE`, or for `show` one line of JSON. Whoever may open the socket may say everything: its
 * mode is 0600.
 */
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { BgpSpeaker } from '../speaker/types.ts';
import { CommandReader, CommandStream, maxLineBytes } from './command-stream.ts';
import { carryOut } from './execute.ts';
import type { Answer } from './execute.ts';

/** What a control server needs. */
export interface ControlOptions {
  readonly speaker: BgpSpeaker;
  /** Sends what the lines of one read change as soon as all are carried out; without it that is a moment later. */
  readonly together?: (say: () => void) => void;
  /** Path of the Unix socket. */
  readonly path: string;
  /** Called when somebody has said `stop`, after the speaker has stopped and the answer is written. */
  readonly onStopped?: () => void;
}

/** A running control server. */
export interface ControlServer {
  /** Closes the socket and its connections; the speaker goes on. */
  close(): Promise<void>;
}

/** Listens; the fault says why not. A socket file that nobody listens on is replaced. */
export async function startControl(options: ControlOptions): Promise<Result<ControlServer, string>> {
  const { path } = options;
  const there = await lstat(path).catch(() => undefined);
  if (there?.isSocket() === false) return refuse(`${path} is there already and is no socket`);
  if (await isAnswered(path)) return refuse(`${path} is in use by another process`);
  const connections = new Set<Socket>();
  const reader = new CommandReader();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serve(socket, reader, options);
  });
  const fault = await listenOn(server, path);
  if (fault !== undefined) return refuse(fault);
  return succeed({
    close: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await unlink(path).catch(() => undefined);
    },
  });
}

/** The socket gets its name when it has its mode: before, it lies in a folder that its owner alone may enter. */
async function listenOn(server: Server, path: string): Promise<string | undefined> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(`${dirname(path)}/.`);
    const hidden = join(folder, 's');
    server.listen(hidden);
    await once(server, 'listening');
    await chmod(hidden, 0o600);
    await rename(hidden, path);
    return undefined;
  } catch (error) {
    server.close();
    return `cannot listen on ${path}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a process listens on this Unix socket. */
function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Answers the lines of one connection, in order; reads no more while one takes time or answers are not taken. */
function serve(socket: Socket, reader: CommandReader, options: ControlOptions): void {
  const { together = (say: () => void): void => say() } = options;
  const commands = new CommandStream(reader);
  let unsent = '';
  let isBusy = false;
  let isStopped = false;
  /** Carries lines out until one takes time. */
  const carryOutLines = (): void => {
    while (!isBusy) {
      const command = commands.next();
      if (command === undefined) break;
      const outcome = command.ok ? carryOut(options.speaker, command.value) : command;
      isStopped ||= command.ok && command.value.kind === 'stop';
      if (outcome instanceof Promise) void finish(outcome);
      else unsent += textOf(outcome);
    }
  };
  /** Carries out what waits, and answers; where a line takes time the others wait, and this is called again. */
  const work = (): void => {
    // An answer before the UPDATE would cost that the time of a system call.
    together(carryOutLines);
    const answers = unsent;
    unsent = '';
    if (isStopped && !isBusy) socket.end(answers, options.onStopped);
    else if (answers !== '' && !socket.write(answers)) socket.pause();
  };
  const finish = async (outcome: Promise<Answer>): Promise<void> => {
    isBusy = true;
    socket.pause();
    const answer = textOf(await outcome);
    // In a statement of its own: what was unsent before the wait was sent meanwhile.
    unsent += answer;
    isBusy = false;
    work();
    readOn();
  };
  const readOn = (): void => {
    if (!isBusy && !socket.writableNeedDrain) socket.resume();
  };
  socket.on('data', (bytes) => {
    if (commands.push(bytes)) {
      work();
      return;
    }
    socket.pause();
    socket.end(`error a line is longer than ${maxLineBytes} octets\n`, () => socket.destroy());
  });
  socket.on('drain', readOn);
  // A client that goes away is no fault of ours.
  socket.on('error', () => socket.destroy());
}

function textOf(answer: Answer): string {
  return answer.ok ? `${answer.value}\n` : `error ${answer.fault}\n`;
}
