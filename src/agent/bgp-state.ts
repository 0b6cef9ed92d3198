/**
 * What a node that speaks keeps over a restart: its last instruction (R23), and which addresses it put on its loopback.
 * A file that cannot be read is as if there were none: the coordinator says everything again.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { instructionSchema } from '#border/instruction.ts';
import type { Instruction } from '#border/instruction.ts';
import { addressSchema } from '#border/plan.ts';
import type { IpAddress } from '#base/ip.ts';
import { replaceFile } from '#config/replace-file.ts';

const stateSchema = z.object({
  version: z.literal(1),
  instruction: instructionSchema.optional(),
  owned: z.array(addressSchema).default([]),
});

/** What is kept. */
export interface NodeBgpState {
  readonly instruction: Instruction | undefined;
  readonly owned: readonly IpAddress[];
}

/** Reads the file; nothing where there is none, or none that can be read. */
export function readBgpState(path: string): NodeBgpState {
  try {
    const { instruction, owned } = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { instruction, owned };
  } catch {
    return { instruction: undefined, owned: [] };
  }
}

/** Writes it whole. Throws the system's error. */
export function writeBgpState(path: string, state: NodeBgpState): void {
  replaceFile(path, `${JSON.stringify({ version: 1, ...state })}\n`);
}
