/** One look at the round trips of this node's connections, by the program `ss` of iproute2. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { RoundTrip } from '#health/latency/averages.ts';
import { SsReader } from './ss-output.ts';

export interface SampleOptions {
  /** Local ports whose connections are looked at, at least one. */
  readonly ports: readonly number[];
  /** The program; `ss` where absent. */
  readonly program?: string;
  /** Cuts a look short. */
  readonly signal: AbortSignal;
}

/** Why there is no sample. */
export type SampleFault =
  { readonly kind: 'missing'; readonly reason: string } | { readonly kind: 'failed'; readonly reason: string };

/** More connections than this are not looked at: they are enough to know the networks that matter. */
const maxConnections = 100_000;

/** A look that takes longer is given up. */
const timeoutMs = 5000;

/** What of an error message is kept. */
const maxComplaint = 300;

/** Reads the round trip of every established connection to these ports. */
export function sampleRoundTrips(options: SampleOptions): Promise<Result<readonly RoundTrip[], SampleFault>> {
  const { ports, program = 'ss', signal } = options;
  const reader = new SsReader(maxConnections);
  const filter = `( ${ports.map((port) => `sport = :${port}`).join(' or ')} )`;
  const late = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const child = spawn(program, ['-tinH', 'state', 'established', filter], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, late]),
      killSignal: 'SIGKILL',
      env: { ...process.env, LC_ALL: 'C' },
    });
    // A process without descriptors to spare gets a child without streams, which its types do not say.
    const [output, errors]: readonly (Readable | undefined)[] = [child.stdout, child.stderr];
    let complaint = '';
    output?.setEncoding('utf8').on('data', (text: string) => {
      reader.push(text);
      if (reader.isFull) child.kill('SIGKILL');
    });
    errors?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, maxComplaint);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'ENOENT' || error.code === 'EACCES' ? 'missing' : 'failed';
      const reason = late.aborted ? `no answer within ${timeoutMs}ms` : error.message;
      resolve(refuse({ kind, reason: `${program}: ${reason}` }));
    });
    child.once('close', (code) => {
      reader.end();
      if (code === 0 || reader.isFull) resolve(succeed(reader.roundTrips));
      else resolve(refuse({ kind: 'failed', reason: `${program} ended with ${code}: ${complaint.trim()}` }));
    });
  });
}
