/**
 * Ports for tests that have to name one before it is listened on, or to which nothing shall listen. They lie below those
 * that Linux gives out by itself (net.ipv4.ip_local_port_range, 32768 and up), and each process has some of its own: a
 * port of the system's choice may be given to another process at any moment.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const firstPort = 10_240;
const portsPerProcess = 32;
const processCount = Math.floor((32_768 - firstPort) / portsPerProcess);

let taken = 0;

/** A port that is free for TCP and UDP on every address. */
export async function freePort(): Promise<number> {
  const first = firstPort + (process.pid % processCount) * portsPerProcess;
  for (let attempt = 0; attempt < portsPerProcess; attempt++) {
    const port = first + (taken++ % portsPerProcess);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${first + portsPerProcess - 1} is free`);
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
