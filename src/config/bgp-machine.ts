/**
 * What a machine that speaks BGP has for itself, in `fairlead.yaml` and in an agent's config alike: its source address,
 * where it listens, and the files that hold TCP-MD5 keys (RFC 2385). The release names keys, never their text.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { IpAddress } from '#base/ip.ts';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { hostPort, ipAddress, shortName } from './fields.ts';
import type { DocumentPath } from './problem.ts';
import { reasonOf } from './secret.ts';

/** The schema of `bgp` on a machine. */
export const bgpMachineSchema = z.strictObject({
  localAddress: ipAddress.optional(),
  listen: z.array(hostPort).default([]),
  keys: z.record(shortName, z.string().min(1)).default({}),
});

/** The BGP side of a machine, its keys read. */
export interface BgpMachine {
  /** Source address of sessions to neighbors of its family that name none. */
  readonly localAddress: IpAddress | undefined;
  /** Where connections of neighbors that are `passive` or `both` are accepted. */
  readonly listen: readonly { readonly address: IpAddress; readonly port: number }[];
  /** Texts of TCP-MD5 keys by name. */
  readonly md5Keys: ReadonlyMap<string, string>;
}

/** What is wrong, and where below `bgp`. */
export interface BgpMachineFault {
  readonly path: DocumentPath;
  readonly message: string;
}

/** A machine that speaks with what the system gives it. */
export const plainBgpMachine: BgpMachine = { localAddress: undefined, listen: [], md5Keys: new Map() };

/** Reads the keys' files, whose paths are relative to `directory`; all faults at once otherwise. */
export function readBgpMachine(
  directory: string,
  { localAddress, listen, keys }: z.output<typeof bgpMachineSchema>,
): Result<BgpMachine, readonly BgpMachineFault[]> {
  const faults: BgpMachineFault[] = [];
  const md5Keys = new Map<string, string>();
  for (const [name, file] of Object.entries(keys)) {
    const key = readKey(resolve(directory, file));
    if (key.ok) md5Keys.set(name, key.value);
    else faults.push({ path: ['bgp', 'keys', name], message: `'${file}' ${key.fault}` });
  }
  return faults.length > 0 ? refuse(faults) : succeed({ localAddress, listen, md5Keys });
}

/** What Linux takes as a key (`TCP_MD5SIG_MAXKEYLEN`). */
const maxKeyBytes = 80;

function readKey(path: string): Result<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`cannot be read: ${reasonOf(error)}`);
  }
  // The line end that editors add is not a part of the key; anything else is, spaces too.
  const key = text.replace(/\r?\n$/, '');
  const bytes = Buffer.byteLength(key);
  if (/[\r\n]/.test(key)) return refuse('holds several lines, expected one with the key');
  if (bytes >= 1 && bytes <= maxKeyBytes) return succeed(key);
  return refuse(`holds a key of ${bytes} octets, expected 1 to ${maxKeyBytes} (RFC 2385)`);
}
