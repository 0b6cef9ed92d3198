/**
 * How `fairlead demo stop fra` reaches the running demo: one line to a Unix socket, one line back.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** What the demo can be told. */
export const demoVerbs = ['start', 'stop'] as const;
export type DemoVerb = (typeof demoVerbs)[number];

/** Carries out a verb for a site and says what was done. */
export type DemoAction = (verb: DemoVerb, site: string) => Promise<string>;

/** Listens for verbs; a socket file left by a dead demo is replaced. */
export async function listenForVerbs(path: string, act: DemoAction): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => void serveOne(socket, act));
  server.listen(path);
  await once(server, 'listening');
  return server;
}

/** Sends a verb to the running demo; undefined when none runs. */
export async function sendVerb(path: string, verb: DemoVerb, site: string): Promise<string | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch {
    return undefined;
  }
  socket.end(`${verb} ${site}\n`);
  return (await text(socket)).trim();
}

async function serveOne(socket: Socket, act: DemoAction): Promise<void> {
  socket.on('error', () => socket.destroy());
  for await (const line of createInterface({ input: socket })) {
    const [word, site = ''] = line.trim().split(/\s+/);
    const verb = demoVerbs.find((candidate) => candidate === word);
    const reply = verb === undefined ? `expected ${demoVerbs.join(' or ')}` : await attempt(act(verb, site));
    socket.end(`${reply}\n`);
    return;
  }
  socket.end();
}

async function attempt(action: Promise<string>): Promise<string> {
  try {
    return await action;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
