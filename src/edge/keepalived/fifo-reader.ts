/**
 * Reads keepalived's notify FIFO for as long as it is wanted: opens it, follows it, opens it again when keepalived
 * closed it, replaced it or has not made it yet.
 *
 * The FIFO is opened without blocking and read through the event loop: a blocking open or read would hold a thread of
 * Node's small pool for ever. keepalived makes the FIFO; this never does, and never writes to it.
 */
import fs from 'node:fs';
import net from 'node:net';
import { promisify } from 'node:util';
import { createLineSplitter } from './notify-line.ts';

export interface FifoReaderOptions {
  readonly path: string;
  readonly onLine: (line: string) => void;
  readonly onOpen: () => void;
  /** Once each time that an open FIFO ends or cannot be opened, with the reason for people. */
  readonly onLost: (reason: string) => void;
}

export interface FifoReader {
  close(): void;
}

const lookIntervalMs = 500;

interface OpenFifo {
  readonly inode: bigint;
  readonly socket: net.Socket;
}

/** Starts to read at once, or as soon as the FIFO is there. */
export function createFifoReader(options: FifoReaderOptions): FifoReader {
  let current: OpenFifo | undefined;
  let lastReason: string | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const lose = (reason: string): void => {
    current?.socket.destroy();
    current = undefined;
    if (isClosed || reason === lastReason) return;
    lastReason = reason;
    options.onLost(reason);
  };

  const follow = (fifo: OpenFifo): void => {
    current = fifo;
    lastReason = undefined;
    options.onOpen();
    const splitter = createLineSplitter();
    fifo.socket.setEncoding('utf8');
    fifo.socket.on('data', (chunk) => {
      for (const line of splitter.push(String(chunk))) options.onLine(line);
    });
    const end = (reason: string): void => {
      if (current === fifo) lose(reason);
    };
    fifo.socket.on('end', () => end('keepalived closed it'));
    fifo.socket.on('error', (error) => end(error.message));
  };

  const look = async (): Promise<void> => {
    const inode = await inodeOf(options.path);
    if (isClosed) return;
    if (current !== undefined && current.inode !== inode) lose('it was replaced or removed');
    if (current === undefined) {
      const opened = await openFifo(options.path);
      if (typeof opened === 'string') lose(opened);
      else if (isClosed as boolean) opened.socket.destroy();
      else follow(opened);
    }
    timer = setTimeout(() => void look(), lookIntervalMs);
  };

  void look();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      current?.socket.destroy();
    },
  };
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await promisify(fs.stat)(path, { bigint: true })).ino;
  } catch {
    return undefined;
  }
}

/** Opens a FIFO for reading, or says why it cannot be. */
async function openFifo(path: string): Promise<OpenFifo | string> {
  try {
    // A bare descriptor, not a FileHandle: the socket owns and closes it.
    const descriptor = await promisify(fs.open)(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const stat = fs.fstatSync(descriptor, { bigint: true });
    if (stat.isFIFO()) {
      return { inode: stat.ino, socket: new net.Socket({ fd: descriptor, readable: true, writable: false }) };
    }
    fs.closeSync(descriptor);
    return 'it is not a FIFO';
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return 'code' in error && error.code === 'ENOENT' ? 'it does not exist' : error.message;
  }
}
