/** The Unix socket on which a daemon is spoken to on its own machine (R30): no token, the file's permissions decide. */
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';

/** Listens on a Unix socket that only its owner and group may open; a file left by a dead process is replaced. Rejects with the reason. */
export async function listenOnSocket(server: Server, path: string, daemon: string): Promise<void> {
  if (await isAnswered(path)) throw new Error(`${path}: another ${daemon} runs here and answers on it`);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The file has its mode from the first moment: whoever connects before it is changed would stay connected.
    const before = process.umask(0o117);
    server.listen(path, resolve);
    process.umask(before);
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
