/**
 * A head: the one mutable pointer of the config. It names a release by sha256 and orders itself by (epoch, sequence).
 * Newer replaces older only (R28); the wall-clock time in it is for people.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The sha256 of an object's bytes: 64 lower-case hexadecimal digits. */
const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in lower-case hexadecimal');

/** A head as it travels; keys of a newer version are left out. */
export const headSchema = z.object({
  /** Grows when another coordinator is made the writer. */
  epoch: z.int().min(1),
  /** Grows with each head of one epoch. */
  sequence: z.int().min(1),
  /** The release in force. */
  release: digestSchema,
  /** The release that was in force before; null for the first. */
  previous: digestSchema.nullable(),
  author: z.string().max(100),
  atUnixMs: z.number(),
  reason: z.string().max(500),
});

export type Head = Readonly<z.infer<typeof headSchema>>;

/** What orders heads. */
export interface HeadId {
  readonly epoch: number;
  readonly sequence: number;
}

/** Below zero when `a` is older than `b`; undefined is older than any head. */
export function compareHeads(a: HeadId | undefined, b: HeadId | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** Writes `EPOCH.SEQUENCE`; `0.0` stands for no head. */
export function formatHeadId(id: HeadId | undefined): string {
  return id === undefined ? '0.0' : `${id.epoch}.${id.sequence}`;
}

/** Reads `EPOCH.SEQUENCE`; undefined when malformed. */
export function parseHeadId(text: string): HeadId | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: Number(match[1]), sequence: Number(match[2]) };
}

/** The name of an object. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
