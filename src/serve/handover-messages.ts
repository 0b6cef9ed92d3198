/**
 * What the two processes of a handover say to each other over a Unix socket: one JSON object a line.
 *
 * The new process says `take`; the old one answers with `sockets`, in one message or several, each with its descriptors,
 * or with `refused`. The new one says `answering` once its threads read them, and the old one says `leaving` as it
 * stops, or `refused` when that came too late. Whoever closes the connection before `answering` leaves everything as
 * it was; an old process that closes it without a word has died, and the new one goes on.
 */
import { z } from 'zod';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** Version of this conversation; another one is refused. */
export const handoverVersion = 1;

const described = z.object({
  protocol: z.enum(['udp', 'tcp']),
  address: z.string(),
  port: z.number().int().min(1).max(65_535),
});

const message = z.discriminatedUnion('say', [
  z.object({ say: z.literal('take'), version: z.number() }),
  z.object({ say: z.literal('sockets'), sockets: z.array(described), isLast: z.boolean() }),
  z.object({ say: z.literal('refused'), reason: z.string() }),
  z.object({ say: z.literal('answering') }),
  z.object({ say: z.literal('leaving') }),
]);

/** One line of the conversation. */
export type HandoverMessage = z.infer<typeof message>;

/** A socket as `sockets` describes it; its descriptor travels beside it, in the same order. */
export type DescribedSocket = z.infer<typeof described>;

/** The octets of a line. */
export function encodeMessage(line: HandoverMessage): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(line)}\n`);
}

/** Reads one line; the fault says what it should have been. */
export function parseMessage(line: string): Result<HandoverMessage, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse(`the other process said "${line.slice(0, 80)}", which is not JSON`);
  }
  const parsed = message.safeParse(value);
  if (parsed.success) return succeed(parsed.data);
  return refuse(`the other process said "${line.slice(0, 80)}", which is no message of a handover`);
}

/** Cuts lines out of chunks of text. */
export class LineReader {
  #pending = '';

  /** Takes a chunk and returns the lines that are whole now. */
  push(chunk: string): readonly string[] {
    const lines = (this.#pending + chunk).split('\n');
    this.#pending = lines.pop() ?? '';
    return lines;
  }
}
