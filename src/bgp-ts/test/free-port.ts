/**
 * Ports for tests that have to name one before it is listened on, or to which nothing shall listen. They lie below those
 * that Linux gives out by itself (net.ipv4.ip_local_port_range, 32768 and up), and each process has a block of its own: a
 * port of the system's choice may be given to another process at any moment.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const firstPort = 10_240;
const portsPerBlock = 32;
const blockCount = Math.floor((32_768 - firstPort) / portsPerBlock);

let block: Promise<number> | undefined;
let given = 0;

/** A port that is free for TCP and UDP on every address. */
export async function freePort(): Promise<number> {
  const first = (await (block ??= takeBlock())) + 1;
  const count = portsPerBlock - 1;
  for (let attempt = 0; attempt < count; attempt++) {
    const port = first + (given++ % count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${first + count - 1} is free`);
}

/** Takes a block for the life of this process, or of this thread of it: who listens on its first port has it. */
async function takeBlock(): Promise<number> {
  for (let attempt = 0; attempt < blockCount; attempt++) {
    const first = firstPort + ((process.pid + attempt) % blockCount) * portsPerBlock;
    const holder = createServer();
    try {
      await once(holder.listen(first, '127.0.0.1'), 'listening');
      holder.unref();
      return first;
    } catch {
      // The block is another's.
    }
  }
  throw new Error(`no block of ${portsPerBlock} ports from ${firstPort} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    await Promise.all([once(server.listen(port), 'listening'), once(socket.bind(port), 'listening')]);
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all([closed(server), closed(socket)]);
  }
}

function closed(opened: { readonly close: (onClosed: () => void) => unknown }): Promise<void> {
  return new Promise((resolve) => opened.close(() => resolve()));
}
