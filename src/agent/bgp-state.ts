/**
 * What a node that speaks keeps over a restart: its last instruction (R23), and which addresses it put on its loopback.
 * A file that cannot be read is as if there were none: the coordinator says everything again.
 *
 * Addresses on a loopback end with the boot of the machine and with its network namespace: what stands there after
 * that somebody else put there, and it is not ours to take off.
 */
import { readFileSync, readlinkSync } from 'node:fs';
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
  /** Where `owned` counts; absent in what a version before it kept. */
  boot: z.string().optional(),
});

/** What is kept. */
export interface NodeBgpState {
  readonly instruction: Instruction | undefined;
  readonly owned: readonly IpAddress[];
}

/** Tells this boot and network namespace from others; empty where the system does not say. */
export function readBoot(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/net')}`;
  } catch {
    return '';
  }
}

/** Reads the file; nothing where there is none, or none that can be read, and no addresses of another boot. */
export function readBgpState(path: string, boot: string): NodeBgpState {
  try {
    const { instruction, owned, boot: kept = boot } = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { instruction, owned: kept === boot ? owned : [] };
  } catch {
    return { instruction: undefined, owned: [] };
  }
}

/** Writes it whole. Throws the system's error. */
export function writeBgpState(path: string, state: NodeBgpState, boot: string): void {
  replaceFile(path, `${JSON.stringify({ version: 1, ...state, boot })}\n`);
}
