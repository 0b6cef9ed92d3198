/**
 * `fairlead.yaml`: what is true of this machine alone. Which site it is, where it listens, where it keeps its state,
 * and which files hold its secrets. Never replicated.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { IpAddress } from '#base/ip.ts';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import type { SiteId } from '#health/model.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';
import { bgpMachineSchema, readBgpMachine } from './bgp-machine.ts';
import type { BgpMachine } from './bgp-machine.ts';
import { apiUrl, hostPort, shortName } from './fields.ts';
import { fileProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { readDnsConfig, dnsSchema } from './dns-options.ts';
import type { DnsConfig } from './dns-options.ts';
import { readTokenFile, reasonOf } from './secret.ts';
import { loadYaml } from './yaml-document.ts';

export const machineFileName = 'fairlead.yaml';

/** The schema of `fairlead.yaml`. */
export const machineSchema = z.strictObject({
  site: shortName,
  stateDirectory: z.string().min(1),
  dns: dnsSchema,
  api: z.strictObject({ listen: hostPort, tokenFile: z.string().min(1).optional() }),
  replication: z.discriminatedUnion('role', [
    z.strictObject({ role: z.literal('writer') }),
    z.strictObject({ role: z.literal('follower'), from: z.array(apiUrl).min(1) }),
  ]),
  geo: z.strictObject({ databases: z.array(z.string().min(1)).min(1) }).optional(),
  checks: z.strictObject({ exec: z.array(z.string().startsWith('/')).default([]) }).default({ exec: [] }),
  bgp: bgpMachineSchema.prefault({}),
  log: z.strictObject({ level: z.enum(['info', 'debug', 'warn', 'error']).default('info') }).default({ level: 'info' }),
});

/** This machine, with paths resolved and secrets read. */
export interface MachineConfig {
  /** Where `fairlead.yaml` lies; the release lies beside it. */
  readonly directory: string;
  readonly site: SiteId;
  readonly stateDirectory: string;
  /** The Unix socket that commands talk to (R30). */
  readonly controlSocket: string;
  /** The Unix socket by which another coordinator takes over from this one. */
  readonly handoverSocket: string;
  readonly dns: DnsConfig;
  readonly api: { readonly listen: ListenAddress; readonly token: string | undefined };
  readonly replication: { readonly role: 'writer' } | { readonly role: 'follower'; readonly from: readonly string[] };
  /** Paths of the mmdb files that tell where clients are; none for the country database that comes with fairlead. */
  readonly geoDatabases: readonly string[];
  /** Directories whose programs checks may run here, whoever has written the release. */
  readonly checks: { readonly execDirectories: readonly string[] };
  readonly bgp: BgpMachine;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

/** A refused file with its text, so that problems can be shown in place. */
export interface RefusedMachine {
  readonly problems: readonly Problem[];
  readonly text: string | undefined;
}

/** Reads `directory/fairlead.yaml` and the secrets that it names. Returns all problems at once otherwise. */
export function loadMachine(directory: string): Result<MachineConfig, RefusedMachine> {
  let text: string;
  try {
    text = readFileSync(join(directory, machineFileName), 'utf8');
  } catch (error) {
    const message = `cannot read ${join(directory, machineFileName)}: ${reasonOf(error)}`;
    return refuse({ problems: [fileProblem(machineFileName, message)], text: undefined });
  }
  const parsed = parseMachine(directory, text);
  return parsed.ok ? parsed : refuse({ problems: parsed.fault, text });
}

/** The control socket of the coordinator that keeps its state in `stateDirectory`. */
export function controlSocketOf(stateDirectory: string): string {
  return join(stateDirectory, 'control.sock');
}

/** Validates the text of a `fairlead.yaml` that lies in `directory`, and reads the secrets that it names. */
export function parseMachine(directory: string, text: string): Result<MachineConfig, readonly Problem[]> {
  const loaded = loadYaml(machineFileName, text, machineSchema);
  if (!loaded.ok) return refuse(loaded.fault);
  const { value, problemAt } = loaded.value;
  const { tokenFile, listen } = value.api;
  const token = tokenFile === undefined ? undefined : readTokenFile(resolve(directory, tokenFile));
  const problems: Problem[] = [];
  if (token?.ok === false) problems.push(problemAt(['api', 'tokenFile'], token.fault));
  if (token === undefined && !isLoopback(listen.address)) {
    const message = `'${listen.address}' can be reached from other machines, expected a tokenFile beside it or a loopback address`;
    problems.push(problemAt(['api', 'listen'], message));
  }
  const stateDirectory = resolve(directory, value.stateDirectory);
  const controlSocket = controlSocketOf(stateDirectory);
  const tooLong = socketPathFault(controlSocket);
  if (tooLong !== undefined) problems.push(problemAt(['stateDirectory'], tooLong));
  const dns = readDnsConfig(directory, value.dns, token?.ok === true ? token.value : undefined);
  if (!dns.ok) problems.push(problemAt(dns.fault.path, dns.fault.message));
  const bgp = readBgpMachine(directory, value.bgp);
  if (!bgp.ok) problems.push(...bgp.fault.map(({ path, message }) => problemAt(path, message)));
  if (problems.length > 0 || !dns.ok || !bgp.ok) return refuse(problems);
  return succeed({
    directory: resolve(directory),
    site: value.site,
    stateDirectory,
    controlSocket,
    handoverSocket: join(stateDirectory, 'handover.sock'),
    dns: dns.value,
    api: { listen, token: token?.ok === true ? token.value : undefined },
    replication: value.replication,
    geoDatabases: (value.geo?.databases ?? []).map((path) => resolve(directory, path)),
    checks: { execDirectories: value.checks.exec },
    bgp: bgp.value,
    log: value.log,
  });
}

/** Why no control socket can have this path; undefined where it can. */
export function socketPathFault(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return undefined;
  return `the control socket '${path}' would have ${bytes} bytes, expected at most ${maxSocketPathBytes}`;
}

/** What Linux takes as the path of a Unix socket (`sun_path`, without its final zero). */
const maxSocketPathBytes = 107;

function isLoopback(address: IpAddress): boolean {
  return address.startsWith('127.') || address === '::1';
}
