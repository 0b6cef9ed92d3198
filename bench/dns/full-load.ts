/** One run as fast as it goes: starts full-load-client.ts on its cores and takes what it counted. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { rcodeName } from '#dns/wire/constants.ts';

/** What to send, where, how long, and how many queries at a time. */
export interface FullLoadOptions {
  readonly port: number;
  readonly queryFile: string;
  /** Whether the file holds whole messages (RFC 1035 §4.2.2) instead of names and types. */
  readonly isBinary: boolean;
  readonly hasEdns: boolean;
  readonly seconds: number;
  /** Queries under way; fewer than a socket's default buffer holds. */
  readonly window: number;
  /** Addresses that the queries come from in turn, 1 to `maxClients`; from one, all come from one port. */
  readonly clients: number;
}

/** What the client counted; replies by response code. */
export interface FullLoadOutcome {
  readonly sent: number;
  readonly completed: number;
  readonly seconds: number;
  readonly responseBytes: number;
  readonly codes: readonly number[];
}

/** As many addresses of 127.64.0.0/18. */
export const maxClients = 1 << 14;

const client = fileURLToPath(new URL('full-load-client.ts', import.meta.url));

/** Runs the client to its end; throws when it fails. */
export async function runFullLoad(options: FullLoadOptions, cores: string | undefined): Promise<FullLoadOutcome> {
  const argv = [
    ...(cores === undefined ? [] : ['taskset', '-c', cores]),
    process.execPath,
    client,
    JSON.stringify(options),
  ];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed = await text(child.stdout);
  if (printed === '') throw new Error('the client of the full load failed');
  // The client is this benchmark's own; it prints what it is declared to.
  return JSON.parse(printed) as FullLoadOutcome;
}

/** Replies by the name of their response code. */
export function countsByName({ codes }: FullLoadOutcome): Readonly<Record<string, number>> {
  return Object.fromEntries(codes.flatMap((count, code) => (count === 0 ? [] : [[rcodeName(code), count]])));
}
