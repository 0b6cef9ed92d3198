/**
 * Reads keepalived's notify FIFO for as long as it is wanted: opens it, follows it, opens it again when keepalived
 * closed it, replaced it or has not made it yet.
 *
 * The FIFO is opened without blocking and read through the event loop: a blocking open or read would hold a thread of
 * Node's small pool for ever. keepalived makes the FIFO; this never does, and never writes to it. keepalived closes
 * it for a moment when it reloads, so a loss is told only when it lasts.
 */
import fs from 'node:fs';
import net from 'node:net';
import { monotonicMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { createLineSplitter } from './notify-line.ts';

export interface FifoReaderOptions {
  readonly path: string;
  readonly onLine: (line: string) => void;
  /** Once at first, and once after each loss. */
  readonly onOpen: () => void;
  /** Once for each loss that lasts, with the reason for people. */
  readonly onLost: (reason: string) => void;
}

export interface FifoReader {
  close(): void;
}

const lookIntervalMs = 500;
const soonMs = 50;

/** How long keepalived may take to have the FIFO open again; its reload takes a few milliseconds. */
const reloadGraceMs = 1000;

interface OpenFifo {
  readonly inode: number;
  readonly descriptor: number;
  /** What was in it when it was opened. */
  readonly firstText: string;
}

/** Starts to read at once, or as soon as the FIFO is there and keepalived has it open. */
export function createFifoReader(options: FifoReaderOptions): FifoReader {
  let current: { readonly inode: number; readonly socket: net.Socket } | undefined;
  /** The loss that the reader is in: told or still waiting for keepalived to come back. */
  let loss: { readonly isTold: boolean; readonly reason: string; readonly since: MonoMs } | undefined;
  let isFirst = true;
  let timer: NodeJS.Timeout | undefined;

  const lose = (reason: string): void => {
    current?.socket.destroy();
    current = undefined;
    loss ??= { isTold: false, reason, since: monotonicMs() };
    lookIn(soonMs);
  };

  const follow = ({ inode, descriptor, firstText }: OpenFifo): void => {
    const socket = new net.Socket({ fd: descriptor, readable: true, writable: false });
    current = { inode, socket };
    if (isFirst || loss?.isTold === true) options.onOpen();
    isFirst = false;
    loss = undefined;
    const splitter = createLineSplitter();
    const take = (text: string): void => {
      for (const line of splitter.push(text)) options.onLine(line);
    };
    take(firstText);
    socket.setEncoding('utf8').on('data', (chunk) => take(String(chunk)));
    const end = (reason: string): void => {
      if (current?.socket === socket) lose(reason);
    };
    socket.on('end', () => end('keepalived closed it'));
    socket.on('error', (error) => end(error.message));
  };

  const miss = (reason: string): void => {
    loss ??= { isTold: false, reason, since: monotonicMs() };
    const isWaiting = !isFirst && monotonicMs() < after(loss.since, reloadGraceMs);
    if (!loss.isTold && !isWaiting) {
      loss = { ...loss, isTold: true };
      options.onLost(loss.reason);
    }
    lookIn(loss.isTold ? lookIntervalMs : soonMs);
  };

  const look = (): void => {
    if (current !== undefined) {
      if (current.inode !== inodeOf(options.path)) lose('it was replaced or removed');
      else lookIn(lookIntervalMs);
      return;
    }
    const opened = openFifo(options.path);
    if (!opened.ok) {
      miss(opened.fault);
      return;
    }
    lookIn(lookIntervalMs);
    follow(opened.value);
  };
  const lookIn = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(look, delayMs);
  };

  look();
  return {
    close: () => {
      clearTimeout(timer);
      const socket = current?.socket;
      current = undefined;
      socket?.destroy();
    },
  };
}

/** Undefined where there is nothing, or nothing that may be looked at. */
function inodeOf(path: string): number | undefined {
  try {
    return fs.statSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Opens a FIFO that somebody has open for writing; the fault is for people. */
function openFifo(path: string): Result<OpenFifo, string> {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFIFO()) throw new Error('it is not a FIFO');
    const firstText = readWhatIsThere(descriptor);
    if (firstText === undefined) throw new Error('keepalived does not have it open');
    return succeed({ inode: stat.ino, descriptor, firstText });
  } catch (error) {
    if (descriptor !== undefined) fs.closeSync(descriptor);
    if (codeOf(error) === 'ENOENT') return refuse('it does not exist');
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Empty where a writer has not written yet; undefined where there is no writer: then a read is at the end at once. */
function readWhatIsThere(descriptor: number): string | undefined {
  const buffer = Buffer.alloc(65_536);
  try {
    const length = fs.readSync(descriptor, buffer);
    return length === 0 ? undefined : buffer.toString('utf8', 0, length);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return '';
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
