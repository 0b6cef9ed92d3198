/**
 * Asks HAProxy's stats socket: one line a connection, the answer read to its end.
 *
 * The client half-closes after its line, since the master socket of 2.6 keeps a connection open until then. Errors of
 * commands come back as text; telling them from data is the caller's.
 */
import net from 'node:net';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { formatDuration } from '#base/time.ts';

/** Why there is no answer. */
export interface SocketFault {
  /** For people, such as `nothing listens on /run/haproxy/admin.sock`. */
  readonly message: string;
}

export interface AskOptions {
  readonly path: string;
  /** One line; several commands are separated by `;` and answered in order by one process. */
  readonly command: string;
  /** For connect and answer together. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const defaultTimeoutMs = 2000;

// `show stat` takes about 400 bytes a row: this is room for 80 000 servers.
const maxAnswerBytes = 32 * 1024 * 1024;

/** Sends one line and returns the whole answer; never rejects. */
export function askHaproxy(options: AskOptions): Promise<Result<string, SocketFault>> {
  const { path, command, timeoutMs = defaultTimeoutMs, signal } = options;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = net.connect({ path });
    const settle = (result: Result<string, SocketFault>): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const fail = (message: string): void => settle(refuse({ message }));
    const abort = (): void => fail('cut short');
    // Not the signal option of net: its listener stays on the signal, one for each question ever asked.
    signal?.addEventListener('abort', abort);
    const timer = setTimeout(() => fail(`no answer on ${path} within ${formatDuration(timeoutMs)}`), timeoutMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxAnswerBytes) fail(`an answer of over ${maxAnswerBytes} bytes on ${path}`);
    });
    socket.on('end', () => settle(succeed(Buffer.concat(chunks).toString('utf8'))));
    socket.on('error', (error) => fail(describeError(error, path)));
    socket.end(`${command}\n`);
    if (signal?.aborted === true) abort();
  });
}

function describeError(error: Error, path: string): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `${path} does not exist`;
  if (code === 'ECONNREFUSED') return `nothing listens on ${path}`;
  if (code === 'EACCES') return `no permission to open ${path}`;
  return `${path}: ${error.message}`;
}
